import type { Account } from "../state/account.ts"
import type { Channel, Page } from "../state/channel.ts"
import type { Telegram } from "../state/telegram.ts"
import { callerOf, type Methods } from "./call.ts"
import type { Pages } from "./pages.ts"
import { channelOf } from "./peers.ts"
import { RpcError } from "./rpc-error.ts"
import { viewMessages } from "./view.ts"
import { viewChannel } from "./view-channel.ts"

/** The page that a viewer gets of what it asks for. */
export const pageFor = (pages: Pages, channel: Channel, viewer: Account, request: Page): Page => ({
  ...request,
  hiddenUpTo: channel.hiddenUpTo(viewer),
  limit: pages.lengthFor(request.limit, request.addOffset),
})

/** Histories. pages: how full they are. */
export const messageReadingMethods = (telegram: Telegram, pages: Pages) =>
  ({
    "messages.getHistory": ({ peer, ...request }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      const { messages, count } = channel.page({ kind: "any" }, pageFor(pages, channel, viewer, request))
      return viewMessages(channel, messages, count, viewer)
    },
    "messages.getReplies": ({ peer, msgId, ...request }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      if (channel.topics.get(msgId) === undefined) throw new RpcError(400, "TOPIC_ID_INVALID")
      const page = pageFor(pages, channel, viewer, request)
      const { messages, count } = channel.page({ kind: "any", topicId: msgId }, page)
      return viewMessages(channel, messages, count, viewer)
    },
    "messages.readMessageContents": () => ({ _: "messages.affectedMessages", pts: 1, ptsCount: 0 }),
    "messages.getMessagesViews": ({ peer, id }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      return {
        _: "messages.messageViews",
        views: id.map((messageId) => ({ _: "messageViews", views: 1, forwards: channel.forwardsOf(messageId) })),
        chats: [viewChannel(channel, viewer)],
        users: [],
      }
    },
  }) satisfies Methods
