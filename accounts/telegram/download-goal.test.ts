import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { alone, DownloadGoal, type DownloadShare } from "./download-goal.ts"

const size = 1000

describe("what TDLib is asked for", () => {
  it("is all at once, and only once, of a file that goes its way alone", () => {
    const goal = new DownloadGoal(alone(9))
    expect(goal.ask()).toEqual({ priority: 9, limit: 0 })
    goal.heard(0, size)
    expect(goal.ask()).toBeUndefined()
  })

  it("is what may come, piece by piece, where there is a limit of speed", () => {
    const goal = new DownloadGoal(alone(9))
    goal.allow(0)
    goal.heard(0, size)
    expect(goal.ask()).toBeUndefined()
    goal.allow(300)
    expect(goal.ask()).toEqual({ priority: 9, limit: 300 })
    goal.heard(300, size)
    expect(goal.isReached).toBe(true)
    expect(goal.ask()).toBeUndefined()
    goal.allow(2000)
    expect(goal.ask()).toEqual({ priority: 9, limit: 0 })
  })

  it("is asked for anew with another priority, and when it ran dry, but not when it stopped twice without a byte", () => {
    const share: DownloadShare = { priority: 9, aheadBytes: 100 }
    const goal = new DownloadGoal(share)
    goal.heard(0, size)
    expect(goal.ask()).toEqual({ priority: 9, limit: 100 })
    share.priority = 24
    expect(goal.ask()).toEqual({ priority: 24, limit: 100 })
    goal.heard(100, size)
    expect(goal.ranDry()).toBe(true)
    expect(goal.ask()).toEqual({ priority: 24, limit: 200 })
    expect(goal.ranDry()).toBe(false)
  })

  it("is never given back as stopped for want of asking when all was asked for", () => {
    const goal = new DownloadGoal(alone(9))
    goal.heard(10, size)
    goal.ask()
    goal.heard(500, size)
    expect(goal.ranDry()).toBe(false)
  })

  it("always ends beyond what is here, never beyond what it may be, and reaches the end of the file", () => {
    const steps = fc.array(
      fc.record({ fresh: fc.integer({ min: 1, max: 200 }), aheadBytes: fc.constantFrom(0, 64, 100, 512) }),
    )
    fc.assert(
      fc.property(steps, (changes) => {
        const share = alone(9)
        const goal = new DownloadGoal(share)
        let [ready, end] = [0, 0]
        const fetch = (fresh: number) => {
          const ask = goal.ask()
          if (ask !== undefined) end = ask.limit === 0 ? size : ask.limit
          if (share.aheadBytes > 0 && ask !== undefined)
            expect(end).toBeLessThanOrEqual(Math.min(size, ready + share.aheadBytes))
          if (ready < size) expect(end).toBeGreaterThan(ready)
          ready = Math.min(end, ready + fresh)
          goal.heard(ready, size)
        }
        goal.heard(0, size)
        for (const { aheadBytes, fresh } of changes) {
          share.aheadBytes = aheadBytes
          fetch(fresh)
        }
        for (let left = size; left > 0; left--) fetch(1)
        expect(ready).toBe(size)
      }),
    )
  })
})
