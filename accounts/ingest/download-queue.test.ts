import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { DownloadShare } from "../telegram/download-goal.ts"
import { DownloadQueue } from "./download-queue.ts"

const MEBIBYTE = 1024 * 1024
const slow = { isFast: () => false, isPremium: () => false }

describe("downloads", () => {
  it("rank behind those that began before them, within what TDLib knows, however many there are", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(6), { maxLength: 200 }), (leaving) => {
        const queue = new DownloadQueue(slow)
        const underWay: Array<{ readonly share: DownloadShare; told: number }> = []
        for (const index of leaving) {
          const share = queue.join(4 * MEBIBYTE)
          const one = { share, told: share.priority }
          share.onChange = () => {
            one.told = share.priority
          }
          underWay.push(one)
          const values = underWay.map(({ told }) => told)
          expect(values).toEqual([...values].sort((a, b) => b - a))
          expect(new Set(values).size).toBe(values.length)
          expect(Math.min(...values)).toBeGreaterThanOrEqual(9)
          expect(Math.max(...values)).toBeLessThanOrEqual(24)
          const gone = underWay.length > 5 ? underWay.splice(index % underWay.length, 1)[0] : undefined
          if (gone !== undefined) queue.leave(gone.share)
        }
      }),
    )
  })

  it("share what TDLib keeps in flight as long as the account is fast, but for files that it fetches as fast alone", () => {
    const account = { fast: true, premium: false }
    const queue = new DownloadQueue({ isFast: () => account.fast, isPremium: () => account.premium })
    const [first, large] = [queue.join(4 * MEBIBYTE), queue.join(1000 * MEBIBYTE)]
    const heard: Array<number> = []
    first.onChange = () => heard.push(first.aheadBytes)
    const ahead = () => [first, large, second].map(({ aheadBytes }) => aheadBytes / MEBIBYTE)
    const second = queue.join(100 * MEBIBYTE)
    expect(ahead()).toEqual([1, 0, 1])
    account.fast = false
    queue.look()
    queue.look()
    expect(ahead()).toEqual([0, 0, 0])
    account.fast = true
    account.premium = true
    queue.look()
    expect(ahead()).toEqual([8, 0, 8])
    queue.leave(second)
    expect(first.aheadBytes).toBe(0)
    expect(heard).toEqual([MEBIBYTE, 0, 8 * MEBIBYTE, 0])
  })
})
