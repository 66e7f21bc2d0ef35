import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { FairQueue } from "./fair-queue.ts"

const drain = (queue: FairQueue<string>): ReadonlyArray<string> => {
  const taken: Array<string> = []
  for (let item = queue.take(); item !== undefined; item = queue.take()) taken.push(item)
  return taken
}

describe("the fair queue", () => {
  it("serves owners in turns, and each owner in its order", () => {
    const queue = new FairQueue<string>()
    for (const item of ["a1", "a2", "a3", "b1", "c1", "c2"]) queue.add(item.slice(0, 1), item)
    expect(drain(queue)).toEqual(["a1", "b1", "c1", "a2", "c2", "a3"])
  })

  it("lets nobody wait for more than one item of every other owner", () => {
    const owners = fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(owners, (order) => {
        const queue = new FairQueue<string>()
        for (const [index, owner] of order.entries()) queue.add(owner, `${owner}${index}`)
        const taken = drain(queue)
        expect([...taken].sort()).toEqual(order.map((owner, index) => `${owner}${index}`).sort())
        // Up to any moment at which two owners both still wait, their counts differ by one at most.
        for (const [a, b] of [
          ["a", "b"],
          ["c", "d"],
          ["a", "d"],
        ] as const) {
          const lastOf = (owner: string) => taken.findLastIndex((item) => item.startsWith(owner))
          const both = taken.slice(0, Math.max(0, Math.min(lastOf(a), lastOf(b)) + 1))
          const count = (owner: string) => both.filter((item) => item.startsWith(owner)).length
          expect(Math.abs(count(a) - count(b))).toBeLessThanOrEqual(1)
        }
      }),
    )
  })

  it("forgets what is removed", () => {
    const queue = new FairQueue<string>()
    const first = queue.add("a", "a1")
    queue.add("a", "a2")
    const only = queue.add("b", "b1")
    expect([queue.remove(first), queue.remove(first), queue.remove(only)]).toEqual([true, false, true])
    expect(queue.size).toBe(1)
    expect(drain(queue)).toEqual(["a2"])
  })
})
