import { expect, it } from "vitest"
import { tagsOf } from "./tags.ts"

it("a package is tagged with its channel's category, if it has one", () => {
  expect(tagsOf(" Terrain ")).toEqual(["Terrain"])
  expect(tagsOf("")).toEqual([])
  expect(tagsOf(null)).toEqual([])
})
