import { describe, expect, it } from "vitest"
import { MemoryWatch } from "./memory-watch.ts"

const MEBIBYTE = 2 ** 20
const looks = (watch: MemoryWatch, ...mebibytes: ReadonlyArray<number>) =>
  mebibytes.map((size) => watch.look(size * MEBIBYTE))
const watchOf = (soft: number, hard: number) =>
  new MemoryWatch({ softBytes: soft * MEBIBYTE, hardBytes: hard * MEBIBYTE })

describe("the watch over a cell's memory", () => {
  it("says once that the soft limit is passed, and whenever the hard one is", () => {
    const watch = watchOf(300, 500)
    watch.ready(150 * MEBIBYTE)
    expect(looks(watch, 300, 301, 302, 501, 502)).toEqual([undefined, "heavy", undefined, "too large", "too large"])
  })

  it("lets every life grow by 64 MiB, however low the soft limit is", () => {
    const watch = watchOf(128, 500)
    watch.ready(150 * MEBIBYTE)
    expect(looks(watch, 200, 214, 215)).toEqual([undefined, undefined, "heavy"])
  })

  it("knows the hard limit alone while a cell starts", () => {
    expect(looks(watchOf(100, 500), 400, 501)).toEqual([undefined, "too large"])
  })
})
