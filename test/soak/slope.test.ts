import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { slopeOf } from "./slope.ts"

const points = (length: number, valueAt: (x: number) => number) =>
  Array.from({ length }, (_, x) => [x, valueAt(x)] as const)

describe("the slope of a series", () => {
  it("is that of a straight line, whichever it is", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: -1000, max: 1000 }), (slope, start) => {
        expect(slopeOf(points(20, (x) => start + slope * x))).toBeCloseTo(slope, 6)
      }),
    )
  })

  it("is not moved by every fifth value being far off, as when processes are missing for a while", () => {
    fc.assert(
      fc.property(fc.integer({ min: -10_000, max: 0 }), (far) => {
        const series = points(100, (x) => (x % 5 === 3 ? far : 500))
        expect(slopeOf(series)).toBe(0)
      }),
    )
  })

  it("does not depend on where the time begins nor on the order of the points", () => {
    const value = fc.integer({ min: 0, max: 1000 })
    fc.assert(
      fc.property(fc.array(value, { minLength: 2, maxLength: 30 }), fc.integer(), (values, shift) => {
        const series = values.map((y, x) => [x, y] as const)
        const other = series.map(([x, y]) => [x + shift, y] as const).reverse()
        expect(slopeOf(other)).toBeCloseTo(slopeOf(series), 6)
      }),
    )
  })

  it("is nothing where there are not two points in time", () => {
    expect(slopeOf([])).toBe(0)
    expect(
      slopeOf([
        [1, 2],
        [1, 5],
      ]),
    ).toBe(0)
  })
})
