import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { Channel } from "../state/channel.ts"
import { lowerBound } from "../state/live-messages.ts"
import type { Sought } from "../state/message-searches.ts"
import type { Telegram } from "../state/telegram.ts"
import { callerOf, type Methods } from "./call.ts"
import { kindOfFilter } from "./message-filters.ts"
import { pageFor } from "./messages-reading.ts"
import type { Pages } from "./pages.ts"
import { accountOfPeer, channelOf } from "./peers.ts"
import { chatsOf, usersOf, viewMessage, viewMessages } from "./view.ts"

const DAY = 86_400
/** How many days and positions one answer holds at most. */
const MAX_PERIODS = 100
const NONE: Sought = { kind: "nothing" }

/** Searches in one channel (core.telegram.org/api/search). pages: how full they are. */
export const messageSearchMethods = (telegram: Telegram, pages: Pages) => {
  /** Those of one author; none in a channel, whose posts do not tell their authors, unless the channel itself is meant. */
  const by = (
    channel: Channel,
    peer: Wire<tl.TypeInputPeer> | undefined,
    viewer: Account,
  ): Partial<Sought> | undefined => {
    if (peer === undefined || peer._ === "inputPeerEmpty") return {}
    if (peer._ === "inputPeerChannel") return channel.properties.kind === "channel" ? {} : undefined
    const from = accountOfPeer(telegram, peer, viewer)
    return from === undefined || channel.properties.kind === "channel" ? undefined : { from }
  }

  /** The ids that a viewer finds, ascending. */
  const found = (channel: Channel, sought: Sought, viewer: Account): readonly number[] => {
    const ids = channel.search(sought)
    const hiddenUpTo = channel.hiddenUpTo(viewer)
    return hiddenUpTo === 0 ? ids : ids.slice(lowerBound(ids, hiddenUpTo + 1))
  }

  return {
    "messages.search": ({ peer, filter, q, fromId, topMsgId, minDate, maxDate, ...request }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      const author = by(channel, fromId, viewer)
      const kind = kindOfFilter(filter)
      const sought: Sought =
        author === undefined ? NONE : { kind, text: q, topicId: topMsgId, minDate, maxDate, ...author }
      const { messages, count } = channel.page(sought, pageFor(pages, channel, viewer, request))
      return viewMessages(channel, messages, count, viewer)
    },
    "messages.getSearchCounters": ({ peer, topMsgId, filters }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      return filters.map((filter) => ({
        _: "messages.searchCounter",
        filter,
        count: found(channel, { kind: kindOfFilter(filter), topicId: topMsgId }, viewer).length,
      }))
    },
    "messages.getSearchResultsPositions": ({ peer, filter, offsetId, limit }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      const all = found(channel, { kind: kindOfFilter(filter) }, viewer)
      const ids = offsetId > 0 ? all.slice(0, lowerBound(all, offsetId)) : all
      const step = Math.max(1, Math.ceil(ids.length / Math.max(1, Math.min(limit, MAX_PERIODS))))
      const positions = ids
        .toReversed()
        .flatMap((msgId, offset): Wire<tl.RawSearchResultPosition>[] =>
          offset % step === 0
            ? [{ _: "searchResultPosition", msgId, date: channel.message(msgId)?.date ?? 0, offset }]
            : [],
        )
      return { _: "messages.searchResultsPositions", count: all.length, positions }
    },
    "messages.getSearchResultsCalendar": ({ peer, filter, offsetId, offsetDate }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      const all = found(channel, { kind: kindOfFilter(filter) }, viewer)
      const dateOf = (id: number | undefined): number => (id === undefined ? 0 : (channel.message(id)?.date ?? 0))
      const ids = (offsetId > 0 ? all.slice(0, lowerBound(all, offsetId)) : all).filter(
        (id) => offsetDate === 0 || dateOf(id) < offsetDate,
      )
      const days = Map.groupBy(ids.toReversed(), (id) => Math.floor(dateOf(id) / DAY) * DAY)
      const periods = [...days].slice(0, MAX_PERIODS).map(
        ([date, [newest = 0, ...others]]): Wire<tl.RawSearchResultsCalendarPeriod> => ({
          _: "searchResultsCalendarPeriod",
          date,
          minMsgId: others.at(-1) ?? newest,
          maxMsgId: newest,
          count: others.length + 1,
        }),
      )
      // TDLib shows a day by its oldest message, which therefore comes along.
      const messages = periods.flatMap(({ minMsgId }) => channel.message(minMsgId) ?? [])
      return {
        _: "messages.searchResultsCalendar",
        count: all.length,
        minDate: dateOf(all[0]),
        minMsgId: all[0] ?? 0,
        periods,
        messages: messages.map((message) => viewMessage(channel, message, viewer)),
        chats: chatsOf([channel], messages, viewer),
        users: usersOf(messages, viewer),
      }
    },
  } satisfies Methods
}
