/** How the number of a channel's events begins; the first event makes it 2. */
const FIRST_PTS = 1

const KINDS = ["came", "deleted", "edited", "pinned"] as const
/** What happened to a message; "pinned" stands for either direction. */
export type EventKind = (typeof KINDS)[number]

export interface ChannelEvent {
  readonly kind: EventKind
  readonly messageId: number
}

/**
 * The events of a channel, numbered by "pts" (core.telegram.org/api/updates#message-related-event-sequences). One small
 * integer for each, because a channel may have very many.
 */
export class ChannelEvents {
  readonly #events: number[] = []

  /** The number of the last event. */
  get pts(): number {
    return FIRST_PTS + this.#events.length
  }

  add(kind: EventKind, messageId: number): void {
    this.#events.push(messageId * KINDS.length + KINDS.indexOf(kind))
  }

  /** Up to so many events after the one with this number, and the number of the last of them. */
  after(pts: number, limit: number): { readonly events: readonly ChannelEvent[]; readonly pts: number } {
    const start = Math.max(pts - FIRST_PTS, 0)
    const events = this.#events.slice(start, start + limit).map((event) => ({
      kind: KINDS[event % KINDS.length] ?? "came",
      messageId: Math.floor(event / KINDS.length),
    }))
    return { events, pts: Math.min(FIRST_PTS + start + events.length, this.pts) }
  }
}
