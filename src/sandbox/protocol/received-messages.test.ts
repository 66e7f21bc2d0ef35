import { describe, expect, it } from "vitest"
import { BAD_MESSAGE, checkMessageId, ReceivedMessages } from "./received-messages.ts"

const NOW = 1_700_000_000
const at = (seconds: number): bigint => BigInt(NOW + seconds) << 32n

describe("The identifier of a message", () => {
  it.each([
    [-301, BAD_MESSAGE.messageIdTooLow],
    [-300, undefined],
    [0, undefined],
    [30, undefined],
    [31, BAD_MESSAGE.messageIdTooHigh],
  ])("that is %i seconds from the server's clock is judged %s", (seconds, error) => {
    expect(checkMessageId(at(seconds), NOW)).toBe(error)
  })
})

describe("The messages of a session", () => {
  it("may arrive in another order than that of their identifiers", () => {
    const received = new ReceivedMessages()
    for (const index of [5, 1, 4, 2, 3])
      expect(received.add(BigInt(index * 4), index * 2 + 1, "content")).toBeUndefined()
    expect([4n, 8n, 20n, 24n].map((id) => received.has(id))).toEqual([true, true, true, false])
  })

  it("may share an even sequence number and not an odd one", () => {
    const received = new ReceivedMessages()
    expect([received.add(4n, 2, "either"), received.add(8n, 2, "either")]).toEqual([undefined, undefined])
    expect([received.add(12n, 3, "content"), received.add(16n, 3, "content")]).toEqual([
      undefined,
      BAD_MESSAGE.sequenceTooLow,
    ])
  })

  it("are too old once so many came after them that nobody knows whether they were received", () => {
    const received = new ReceivedMessages()
    for (let index = 10; index < 10_011; index++) received.add(BigInt(index * 4), index * 2 + 1, "content")
    expect(received.add(4n, 1, "content")).toBe(BAD_MESSAGE.messageTooOld)
    expect(received.isForgotten(40n)).toBe(true)
    expect(received.isForgotten(40_000n)).toBe(false)
  })
})
