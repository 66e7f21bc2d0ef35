import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { Channel, MessageKind, Page } from "../state/channel.ts"
import type { Telegram } from "../state/telegram.ts"
import { callerOf, type Methods } from "./call.ts"
import { channelOf } from "./peers.ts"
import { RpcError } from "./rpc-error.ts"
import { viewMessages } from "./view.ts"
import { viewChannel } from "./view-channel.ts"

/** The most messages that one answer holds, as on the real server. */
const MAX_PAGE = 100

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

/** History and search. pageLimit: how many messages an answer holds at most, so that short pages can be had. */
export const messageReadingMethods = (telegram: Telegram, pageLimit: number) => {
  const pageOf = (channel: Channel, viewer: Account, request: Page): Page => ({
    ...request,
    hiddenUpTo: channel.hiddenUpTo(viewer),
    limit: Math.max(0, Math.min(request.limit, pageLimit, MAX_PAGE)),
  })
  return {
    "messages.getHistory": ({ peer, ...request }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      const { messages, count } = channel.page(["any"], "", pageOf(channel, viewer, request))
      return viewMessages(channel, messages, count, viewer)
    },
    "messages.getReplies": ({ peer, msgId, ...request }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      if (channel.topics.get(msgId) === undefined) throw new RpcError(400, "TOPIC_ID_INVALID")
      const { messages, count } = channel.page(["any"], "", pageOf(channel, viewer, request), msgId)
      return viewMessages(channel, messages, count, viewer)
    },
    "messages.search": ({ peer, filter, q, topMsgId, ...request }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      const { messages, count } = channel.page(kindsOfFilter(filter), q, pageOf(channel, viewer, request), topMsgId)
      return viewMessages(channel, messages, count, viewer)
    },
    "messages.getSearchCounters": ({ peer, topMsgId, filters }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      const hiddenUpTo = channel.hiddenUpTo(viewer)
      const none = { offsetId: 0, addOffset: 0, limit: 0, maxId: 0, minId: 0, hiddenUpTo }
      return filters.map((filter) => ({
        _: "messages.searchCounter",
        filter,
        count: channel.page(kindsOfFilter(filter), "", none, topMsgId).count,
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
