import { describe, expect, it } from "vitest"
import { Pages } from "./pages.ts"

const lengths = (settings: ConstructorParameters<typeof Pages>[0], wanted: number, count = 200) => {
  const pages = new Pages(settings)
  return Array.from({ length: count }, () => pages.lengthFor(wanted))
}

describe("A page", () => {
  it("has what was asked for, but never more than 100 messages", () => {
    expect(lengths({}, 30, 1)).toEqual([30])
    expect(lengths({}, 500, 1)).toEqual([100])
  })

  it("never has more than the limit that was set", () => expect(lengths({ limit: 7 }, 100, 1)).toEqual([7]))

  it("is short at random, within the share that was set, and never empty", () => {
    const found = lengths({ shortness: 0.5 }, 100)
    expect(Math.min(...found)).toBeGreaterThanOrEqual(50)
    expect(Math.max(...found)).toBeLessThanOrEqual(100)
    expect(new Set(found).size).toBeGreaterThan(20)
    expect(Math.min(...lengths({ shortness: 1 }, 3))).toBe(1)
  })

  it("is as long again for the same seed, and otherwise for another", () => {
    expect(lengths({ shortness: 1, seed: 3 }, 100)).toEqual(lengths({ shortness: 1, seed: 3 }, 100))
    expect(lengths({ shortness: 1, seed: 3 }, 100)).not.toEqual(lengths({ shortness: 1, seed: 4 }, 100))
  })

  it("reaches the message that it begins at when newer ones were asked for too", () => {
    const pages = new Pages({ shortness: 1 })
    for (let call = 0; call < 100; call++) expect(pages.lengthFor(50, -20)).toBeGreaterThanOrEqual(21)
  })
})
