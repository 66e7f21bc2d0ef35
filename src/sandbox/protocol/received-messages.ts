import type { ViolationKind } from "./protocol-violation.ts"

/** How many received message identifiers are remembered; older ones count as too old. */
const MAX_REMEMBERED = 2_500
/** How many are forgotten at once, so that forgetting is rare. */
const FORGET_STEP = 500
/** A message may be this much older than the server's clock, and this much newer: seconds. */
const MAX_AGE = 300
const MAX_AHEAD = 30

/**
 * Why a message is refused (core.telegram.org/mtproto/service_messages_about_messages, "Notice of ignored error
 * message"); the numbers are those of bad_msg_notification.
 */
export const BAD_MESSAGE = {
  messageIdTooLow: 16,
  messageIdTooHigh: 17,
  messageIdNotDivisibleByFour: 18,
  containerIdRepeated: 19,
  messageTooOld: 20,
  sequenceTooLow: 32,
  sequenceTooHigh: 33,
  sequenceNotEven: 34,
  sequenceNotOdd: 35,
  serverSalt: 48,
  container: 64,
} as const

/** The kind of violation that an error is counted as. */
export const violationOf = (error: BadMessage): ViolationKind => {
  if (error === BAD_MESSAGE.container) return "container"
  return error >= BAD_MESSAGE.sequenceTooLow ? "sequence-number" : "message-id"
}

export type BadMessage = (typeof BAD_MESSAGE)[keyof typeof BAD_MESSAGE]

/** What the sequence number of a message must be: odd for a method call, even for a container. */
export type Relevance = "content" | "no-content" | "either"

interface Received {
  readonly id: bigint
  readonly sequence: number
}

/** Unix seconds of a message identifier. */
const secondsOf = (messageId: bigint): number => Number(messageId >> 32n)

/** The error of an identifier by itself and by the server's clock (Unix seconds). */
export const checkMessageId = (messageId: bigint, now: number): BadMessage | undefined => {
  if ((messageId & 3n) !== 0n) return BAD_MESSAGE.messageIdNotDivisibleByFour
  const seconds = secondsOf(messageId)
  if (seconds < now - MAX_AGE) return BAD_MESSAGE.messageIdTooLow
  if (seconds > now + MAX_AHEAD) return BAD_MESSAGE.messageIdTooHigh
  return undefined
}

/** The messages that a session has received, in the order of their identifiers. */
export class ReceivedMessages {
  readonly #messages: Received[] = []
  #forgottenUpTo = 0n

  has(messageId: bigint): boolean {
    return this.#messages[this.#indexFrom(messageId)]?.id === messageId
  }

  /** Whether this identifier is so low that nobody knows any more whether it was received. */
  isForgotten(messageId: bigint): boolean {
    return messageId <= this.#forgottenUpTo
  }

  /** Whether this identifier is above everything received. */
  isAhead(messageId: bigint): boolean {
    return messageId > (this.#messages.at(-1)?.id ?? 0n)
  }

  /**
   * Checks a message that was not received before, against the others; remembers it when nothing is wrong. Sequence
   * numbers grow with identifiers, and two messages share one only if it is even.
   */
  add(messageId: bigint, sequence: number, relevance: Relevance): BadMessage | undefined {
    if (this.isForgotten(messageId)) return BAD_MESSAGE.messageTooOld
    if (relevance === "content" && (sequence & 1) === 0) return BAD_MESSAGE.sequenceNotOdd
    if (relevance === "no-content" && (sequence & 1) === 1) return BAD_MESSAGE.sequenceNotEven
    const index = this.#indexFrom(messageId)
    const before = this.#messages[index - 1]
    if (before !== undefined && !areInOrder(before.sequence, sequence)) return BAD_MESSAGE.sequenceTooLow
    const after = this.#messages[index]
    if (after !== undefined && !areInOrder(sequence, after.sequence)) return BAD_MESSAGE.sequenceTooHigh
    this.#messages.splice(index, 0, { id: messageId, sequence })
    if (this.#messages.length > MAX_REMEMBERED) {
      this.#forgottenUpTo = this.#messages.splice(0, FORGET_STEP).at(-1)?.id ?? this.#forgottenUpTo
    }
    return undefined
  }

  /** Makes a message one that was never received. */
  forget(messageId: bigint): void {
    const index = this.#indexFrom(messageId)
    if (this.#messages[index]?.id === messageId) this.#messages.splice(index, 1)
  }

  /** The index of the first message that is not lower. New messages are nearly always the highest. */
  #indexFrom(messageId: bigint): number {
    if (this.isAhead(messageId)) return this.#messages.length
    let low = 0
    let high = this.#messages.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#messages[middle]?.id ?? 0n) < messageId) low = middle + 1
      else high = middle
    }
    return low
  }
}

const areInOrder = (lower: number, higher: number): boolean => lower < higher || (lower === higher && (lower & 1) === 0)
