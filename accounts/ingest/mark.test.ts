import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Outcome } from "../../src/channel/account-rpcs.ts"
import { isSettled, markAfter, type Travelled } from "./mark.ts"

const travelled = (outcome: Outcome | undefined, ...messageIds: ReadonlyArray<number>): Travelled => ({
  set: {
    firstMessageId: Math.min(...messageIds),
    volumes: messageIds.map((messageId) => ({
      messageId,
      date: 0,
      fileName: "x",
      bytes: 1,
      senderId: null,
      topicId: null,
      albumId: null,
      caption: "",
    })),
  },
  departure: outcome === undefined ? undefined : { outcome },
})

describe("the mark of a channel", () => {
  it("passes everything when everything is settled", () => {
    const all = [travelled("published", 3), travelled("skipped", 5), travelled("duplicate", 6), travelled(undefined, 7)]
    expect(markAfter(9, all)).toBe(9)
  })

  it("stops right before the oldest set that is not", () => {
    expect(markAfter(9, [travelled("published", 3), travelled("deferred", 5), travelled("waiting", 7)])).toBe(4)
  })

  it("does not stop within a settled set, whose rest would look like another one", () => {
    expect(markAfter(60, [travelled("published", 10, 50), travelled("waiting", 20)])).toBe(9)
    expect(
      markAfter(60, [travelled("published", 5, 12), travelled("published", 10, 50), travelled("waiting", 20)]),
    ).toBe(4)
  })

  it("never passes an unsettled message and never cuts a set, whatever was posted", () => {
    const outcome = fc.constantFrom<Outcome | undefined>("published", "deferred", "waiting", "skipped", undefined)
    const set = fc.tuple(outcome, fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 }))
    fc.assert(
      fc.property(fc.array(set, { maxLength: 8 }), (sets) => {
        const all = sets.map(([how, ids]) => travelled(how, ...ids))
        const mark = markAfter(200, all)
        for (const one of all) {
          const ids = one.set.volumes.map(({ messageId }) => messageId)
          const passed = ids.filter((id) => id <= mark).length
          expect([0, ids.length]).toContain(passed)
          if (!isSettled(one)) expect(passed).toBe(0)
        }
      }),
    )
  })
})
