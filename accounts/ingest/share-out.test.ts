import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { shareOut } from "./share-out.ts"

const keyOf = (set: number) => `channel:${set}`
const sets = Array.from({ length: 500 }, (_, n) => n)
const reader = (accountId: string, isPremium = false) => ({ accountId, isPremium })
describe("the sets of a source", () => {
  it("keep their order for an account that reads it alone", () => {
    expect(shareOut(sets, keyOf, "a", [reader("a")])).toEqual(sets)
    expect(shareOut(sets, keyOf, "a", [])).toEqual(sets)
  })

  it("are all left to every account, whoever begins where", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 6 }), (accounts) => {
        const readers = accounts.map((account) => reader(account))
        for (const account of accounts)
          expect([...shareOut(sets, keyOf, account, readers)].sort((a, b) => a - b)).toEqual(sets)
      }),
      { numRuns: 20 },
    )
  })

  it("begin with another half for either of two accounts", () => {
    const readers = [reader("a"), reader("b")]
    const firstOf = (account: string) => new Set(shareOut(sets, keyOf, account, readers).slice(0, 200))
    const ofB = firstOf("b")
    expect([...firstOf("a")].filter((set) => ofB.has(set))).toEqual([])
  })

  it("go to a premium account first, four of five", () => {
    const readers = [reader("a", true), reader("b")]
    const order = shareOut(sets, keyOf, "b", readers)
    const own = order.findIndex((set, rank) => rank > 0 && set < (order[rank - 1] ?? 0))
    expect(own).toBeGreaterThan(70)
    expect(own).toBeLessThan(130)
  })

  it("are gone on with by all, each another part, where one account has not come to its share", () => {
    const readers = ["a", "b", "c", "d"].map((account) => reader(account))
    const ofD = new Set(shareOut(sets, keyOf, "d", readers).slice(0, 100))
    const firstOfD = (account: string) =>
      shareOut(sets, keyOf, account, readers)
        .filter((set) => ofD.has(set))
        .slice(0, 20)
    const [ofA, ofB, ofC] = [firstOfD("a"), firstOfD("b"), firstOfD("c")]
    expect(new Set([...ofA, ...ofB, ...ofC]).size).toBe(60)
  })
})
