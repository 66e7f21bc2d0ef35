import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { Channel, MessageKind, Page } from "../state/channel.ts"
import type { Telegram } from "../state/telegram.ts"
import { callerOf, type Methods } from "./call.ts"
import { channelOf } from "./peers.ts"
import { usersOf, viewDialog, viewMessage, viewMessages, viewState } from "./view.ts"
import { viewChannel } from "./view-channel.ts"

/** The most messages that one answer holds, as on the real server. */
const MAX_PAGE = 100
/** The folder of archived chats; nothing is archived here. */
const ARCHIVE_FOLDER = 1

/** Which messages a search filter lets through. Kinds of media that the sandbox does not have let nothing through. */
const kindsOfFilter = (filter: Wire<tl.TypeMessagesFilter>): readonly MessageKind[] => {
  switch (filter._) {
    case "inputMessagesFilterEmpty":
      return ["any"]
    case "inputMessagesFilterDocument":
      return ["document"]
    case "inputMessagesFilterPhotos":
    case "inputMessagesFilterPhotoVideo":
      return ["photo"]
    default:
      return []
  }
}

const topDate = (channel: Channel): number => channel.top?.date ?? channel.properties.created

const viewDialogs = (channels: readonly Channel[], viewer: Account) => ({
  dialogs: channels.map(viewDialog),
  // A client drops a dialog whose top message does not come with it.
  messages: channels.flatMap((channel) => (channel.top ? [viewMessage(channel, channel.top, viewer)] : [])),
  chats: channels.map((channel) => viewChannel(channel, viewer)),
  users: usersOf(
    channels.flatMap((channel) => channel.top ?? []),
    viewer,
  ),
})

/** Dialogs, history and search. pageLimit: how many messages an answer holds at most, so that short pages can be had. */
export const messageReadingMethods = (telegram: Telegram, pageLimit: number) => {
  const pageOf = (request: Omit<Page, "limit"> & { readonly limit: number }): Page => ({
    ...request,
    limit: Math.max(0, Math.min(request.limit, pageLimit, MAX_PAGE)),
  })
  return {
    "messages.getDialogs": ({ offsetDate, offsetId, limit, folderId }, call) => {
      const viewer = callerOf(call)
      const isAfterOffset = (channel: Channel): boolean => {
        if (offsetDate === 0) return true
        const date = topDate(channel)
        return date < offsetDate || (date === offsetDate && offsetId > 0 && (channel.top?.id ?? 0) < offsetId)
      }
      const all = folderId === ARCHIVE_FOLDER ? [] : telegram.channelsOf(viewer)
      const sorted = all
        .filter(isAfterOffset)
        .sort((a, b) => topDate(b) - topDate(a) || (b.top?.id ?? 0) - (a.top?.id ?? 0))
      const page = sorted.slice(0, Math.min(Math.max(limit, 1), MAX_PAGE))
      if (page.length === sorted.length) return { _: "messages.dialogs", ...viewDialogs(page, viewer) }
      return { _: "messages.dialogsSlice", count: all.length, ...viewDialogs(page, viewer) }
    },
    "messages.getPinnedDialogs": () => ({
      _: "messages.peerDialogs",
      dialogs: [],
      messages: [],
      chats: [],
      users: [],
      state: viewState(),
    }),
    "messages.getPeerDialogs": ({ peers }, call) => {
      const viewer = callerOf(call)
      const channels = peers.flatMap((peer) =>
        peer._ === "inputDialogPeer" ? [channelOf(telegram, peer.peer, viewer)] : [],
      )
      return { _: "messages.peerDialogs", ...viewDialogs(channels, viewer), state: viewState() }
    },
    "messages.getHistory": ({ peer, ...request }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      const { messages, count } = channel.page(["any"], "", pageOf(request))
      return viewMessages(channel, messages, count, viewer)
    },
    "messages.search": ({ peer, filter, q, ...request }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      const { messages, count } = channel.page(kindsOfFilter(filter), q, pageOf(request))
      return viewMessages(channel, messages, count, viewer)
    },
    "messages.getSearchCounters": ({ peer, filters }, call) => {
      const channel = channelOf(telegram, peer, callerOf(call))
      const none = { offsetId: 0, addOffset: 0, limit: 0, maxId: 0, minId: 0 }
      return filters.map((filter) => ({
        _: "messages.searchCounter",
        filter,
        count: channel.page(kindsOfFilter(filter), "", none).count,
      }))
    },
    "messages.readMessageContents": () => ({ _: "messages.affectedMessages", pts: 1, ptsCount: 0 }),
    "messages.getMessagesViews": ({ peer, id }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      return {
        _: "messages.messageViews",
        views: id.map(() => ({ _: "messageViews", views: 1, forwards: 0 })),
        chats: [viewChannel(channel, viewer)],
        users: [],
      }
    },
  } satisfies Methods
}
