import { describe, expect, it } from "vitest"
import { ArrivalRate } from "./arrival-rate.ts"

describe("the rate of arrival", () => {
  it("is that of the last seconds", () => {
    const rate = new ArrivalRate()
    for (let at = 0; at < 10_000; at += 10) rate.add(at, at < 5_000 ? 1000 : 10)
    expect(rate.bytesPerSecond(10_000) / 1000).toBeCloseTo(1, 1)
  })

  it("is not that of a first moment, and nothing after a rest", () => {
    const rate = new ArrivalRate()
    expect(rate.bytesPerSecond(0)).toBe(0)
    rate.add(1_000, 500)
    expect(rate.bytesPerSecond(1_001)).toBe(1000)
    expect(rate.bytesPerSecond(3_100)).toBe(0)
  })

  it("that holds on is not reached by what comes at once after a rest", () => {
    const rate = new ArrivalRate()
    rate.add(1_000, 1000)
    expect(rate.sustainedBytesPerSecond(1_001)).toBe(500)
    for (let at = 1_000; at < 3_000; at += 10) rate.add(at, 10)
    expect(rate.sustainedBytesPerSecond(3_000) / 1000).toBeCloseTo(1.5, 1)
    expect(rate.sustainedBytesPerSecond(3_100) / 1000).toBeCloseTo(1, 0)
  })
})
