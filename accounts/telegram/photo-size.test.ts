import type * as Td from "tdlib-types"
import { describe, expect, it } from "vitest"
import { previewSizeOf } from "./photo-size.ts"

const size = (width: number, height: number) => ({ _: "photoSize", type: "", width, height }) as Td.photoSize
const chosen = (...sizes: ReadonlyArray<Td.photoSize>) => {
  const found = previewSizeOf(sizes)
  return found && [found.width, found.height]
}

describe("the size of a photo that is taken for a preview", () => {
  it("is the smallest that is large enough, whatever their order", () => {
    expect(chosen(size(1280, 960), size(320, 240), size(800, 600), size(2560, 1920))).toEqual([800, 600])
  })

  it("is the largest when all are small", () => {
    expect(chosen(size(90, 90), size(320, 320))).toEqual([320, 320])
  })

  it("counts the longer side", () => {
    expect(chosen(size(240, 320), size(480, 640), size(960, 1280))).toEqual([480, 640])
  })

  it("is none when there is none", () => {
    expect(chosen()).toBeUndefined()
  })
})
