import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { DownloadQueue, type Rank } from "./download-queue.ts"

describe("downloads", () => {
  it("rank behind those that began before them, within what TDLib knows, however many there are", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(6), { maxLength: 200 }), (leaving) => {
        const queue = new DownloadQueue()
        const underWay: Array<{ readonly rank: Rank; told: number }> = []
        for (const index of leaving) {
          const rank = queue.join()
          const one = { rank, told: rank.value }
          rank.onChange = () => {
            one.told = rank.value
          }
          underWay.push(one)
          const values = underWay.map(({ told }) => told)
          expect(values).toEqual([...values].sort((a, b) => b - a))
          expect(new Set(values).size).toBe(values.length)
          expect(Math.min(...values)).toBeGreaterThanOrEqual(9)
          expect(Math.max(...values)).toBeLessThanOrEqual(24)
          const gone = underWay.length > 5 ? underWay.splice(index % underWay.length, 1)[0] : undefined
          if (gone !== undefined) queue.leave(gone.rank)
        }
      }),
    )
  })
})
