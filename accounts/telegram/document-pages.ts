import * as Effect from "effect/Effect"
import type { ChannelMessage } from "./channel-message.ts"
import { PAGE_SIZE, type SearchPage, searchPage } from "./history.ts"

/** TDLib's message ids are server ids shifted left by 20 bits (facts/local-telegram.md). */
export const ONE_MESSAGE = 2 ** 20

/** Whether the server has a message; those that TDLib is still sending have ids between. */
export const isOnServer = (messageId: number): boolean => messageId % ONE_MESSAGE === 0

/** A stretch of a chat's documents without holes. */
export interface Stretch {
  readonly messages: ReadonlyArray<ChannelMessage>
  /** Everything between here and where the stretch began was seen. */
  readonly edge: number
  /** The newest message of it; `edge` when there is none. */
  readonly newest: number
  /** Nothing lies beyond the edge. */
  readonly isEnd: boolean
}

/** The id of a message of the server's at or before `edge`, for TDLib takes no others. */
const placeOf = (edge: number): number => Math.max(1, Math.floor(edge / ONE_MESSAGE)) * ONE_MESSAGE

const reaches = ({ ids, next }: SearchPage, edge: number): boolean => next === 0 || ids.some((id) => id <= edge)

/** Goes on from a page downwards until it meets `edge`, so that nothing is missing in between. */
const downTo = Effect.fn("downTo")(function* (chatId: number, edge: number, first: SearchPage) {
  const pages = [first]
  for (let page = first; !reaches(page, edge); pages.push(page))
    page = yield* searchPage(chatId, "documents", page.next)
  return pages
})

const above = (pages: ReadonlyArray<SearchPage>, edge: number, isEnd: boolean): Stretch => {
  const newest = pages.reduce((highest, { ids }) => Math.max(highest, ...ids), edge)
  const messages = pages.flatMap(({ messages }) => messages.filter(({ id }) => id > edge))
  return { messages, edge: newest, newest, isEnd }
}

/**
 * Reads a chat's documents from `edge` on upwards, a hundred at a time. Where few are new, as in most scans, one call
 * from the newest on finds them all; a longer way is climbed, and ends with that call again.
 */
export const climbFrom = (chatId: number, start: number) => {
  let edge = start
  let mayBeTop = true
  let isStuck = false
  const fromTop = Effect.gen(function* () {
    const top = yield* searchPage(chatId, "documents", 0)
    if (reaches(top, edge)) return above([top], edge, true)
    // The climb finds nothing more, and yet something is there: from the top it is found.
    if (isStuck) return above(yield* downTo(chatId, edge, top), edge, true)
    return undefined
  })
  return Effect.gen(function* () {
    const top = mayBeTop ? yield* fromTop : undefined
    if (top !== undefined) {
      edge = top.edge
      return top
    }
    const page = yield* searchPage(chatId, "documents", placeOf(edge), { offset: 1 - PAGE_SIZE })
    // A page that does not reach down to the edge was cut there.
    const stretch = above(yield* downTo(chatId, edge, page), edge, false)
    isStuck = stretch.edge === edge
    mayBeTop = stretch.messages.length < PAGE_SIZE / 2
    edge = stretch.edge
    return stretch
  })
}

/** Reads a chat's documents from `start` (excluded; null: the newest) on downwards to `floor` (excluded). */
export const descendFrom = (chatId: number, start: number | null, floor: number) => {
  let below = start ?? Number.POSITIVE_INFINITY
  let next = start === null ? 0 : placeOf(start)
  return Effect.gen(function* () {
    const page = yield* searchPage(chatId, "documents", next)
    const isEnd = reaches(page, floor)
    const messages = page.messages.filter(({ id }) => id > floor && id < below)
    // TDLib says where the next page begins, also after one without messages.
    below = isEnd ? floor : Math.min(below, page.next, ...page.ids)
    next = page.next
    const stretch: Stretch = { messages, edge: below, newest: Math.max(below, ...page.ids), isEnd }
    return stretch
  })
}
