import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import { changedAcquaintances } from "../state/acquaintances.ts"
import type { Channel, Difference, Message } from "../state/channel.ts"
import type { Telegram } from "../state/telegram.ts"
import { callerOf, type Methods } from "./call.ts"
import { namedAccounts } from "./named-accounts.ts"
import { channelOf } from "./peers.ts"
import { chatsOf, unixSeconds, usersOf, viewDialog, viewMessage, viewState, viewUser } from "./view.ts"
import { viewChannel } from "./view-channel.ts"

/** A client further behind than this is told to fetch the history instead. */
const MAX_DIFFERENCE_EVENTS = 1000
/** How many newest messages come with that answer. */
const TOO_LONG_MESSAGES = 20
/** Seconds after which a client that got no updates may ask again. */
const POLL_INTERVAL = 30

/** What became of messages that were there, as updates; they count no event, the difference does. */
const viewChanges = (channel: Channel, difference: Difference, viewer: Account): Wire<tl.TypeUpdate>[] => {
  const channelId = channel.properties.id
  const { pts } = difference
  const pinned = Map.groupBy(difference.pinned, (message) => message.isPinned === true)
  return [
    ...difference.edited.map(
      (message): Wire<tl.TypeUpdate> => ({
        _: "updateEditChannelMessage",
        message: viewMessage(channel, message, viewer),
        pts,
        ptsCount: 0,
      }),
    ),
    ...[...pinned].map(
      ([isPinned, messages]): Wire<tl.TypeUpdate> => ({
        _: "updatePinnedChannelMessages",
        pinned: isPinned,
        channelId,
        messages: messages.map(({ id }) => id),
        pts,
        ptsCount: 0,
      }),
    ),
    ...(difference.deletedIds.length === 0
      ? []
      : [
          {
            _: "updateDeleteChannelMessages" as const,
            channelId,
            messages: [...difference.deletedIds],
            pts,
            ptsCount: 0,
          },
        ]),
  ]
}

/** What changed while a client was away. */
export const updateMethods = (telegram: Telegram) =>
  ({
    "updates.getState": () => viewState(),
    "updates.getDifference": ({ date }, call) => {
      const viewer = callerOf(call)
      const changed = telegram.changedChannelsOf(viewer, date)
      const accounts = changedAcquaintances(telegram, viewer, date)
      if (changed.length === 0 && accounts.length === 0)
        return { _: "updates.differenceEmpty", date: unixSeconds(), seq: 0 }
      return {
        _: "updates.difference",
        newMessages: [],
        newEncryptedMessages: [],
        // TDLib asks for the difference of each channel named here that it knows.
        otherUpdates: [
          ...changed.flatMap((channel): Wire<tl.TypeUpdate>[] => {
            const channelId = channel.properties.id
            const lookAgain: Wire<tl.TypeUpdate> = { _: "updateChannel", channelId }
            if (!channel.isChatOf(viewer)) return [lookAgain]
            return [lookAgain, { _: "updateChannelTooLong", channelId, pts: channel.pts }]
          }),
          ...accounts.map(({ id }) => ({ _: "updateUser" as const, userId: id })),
        ],
        chats: changed.map((channel) => viewChannel(channel, viewer)),
        users: accounts.map((account) => viewUser(account, viewer)),
        state: viewState(),
      }
    },
    "updates.getChannelDifference": ({ channel: peer, pts, limit }, call) => {
      const viewer = callerOf(call)
      const channel = channelOf(telegram, peer, viewer)
      if (pts >= channel.pts) {
        return { _: "updates.channelDifferenceEmpty", final: true, pts: channel.pts, timeout: POLL_INTERVAL }
      }
      // TDLib asks from 1 when it knows nothing of the channel; slices from the beginning would make it put old messages
      // before newer ones that it has been told of live.
      if (pts <= 1 || channel.pts - pts > MAX_DIFFERENCE_EVENTS) {
        const newest = { offsetId: 0, addOffset: 0, limit: Math.min(limit, TOO_LONG_MESSAGES), maxId: 0, minId: 0 }
        const page = { ...newest, hiddenUpTo: channel.hiddenUpTo(viewer) }
        const { messages } = channel.page({ kind: "any" }, page)
        return {
          _: "updates.channelDifferenceTooLong",
          final: true,
          timeout: POLL_INTERVAL,
          dialog: viewDialog(channel, viewer),
          messages: messages.map((message) => viewMessage(channel, message, viewer)),
          chats: chatsOf([channel], messages, viewer),
          users: usersOf(messages, viewer, namedAccounts(channel, messages)),
        }
      }
      const difference = channel.difference(pts, Math.max(limit, 1))
      const hiddenUpTo = channel.hiddenUpTo(viewer)
      const isShown = (message: Message): boolean => message.id > hiddenUpTo
      const newMessages = difference.messages.filter(isShown)
      const edited = difference.edited.filter(isShown)
      const isFinal = difference.pts === channel.pts
      return {
        _: "updates.channelDifference",
        final: isFinal,
        pts: difference.pts,
        // Only after the last slice is there anything to wait for.
        ...(isFinal ? { timeout: POLL_INTERVAL } : {}),
        newMessages: newMessages.map((message) => viewMessage(channel, message, viewer)),
        otherUpdates: viewChanges(channel, { ...difference, edited }, viewer),
        chats: chatsOf([channel], [...newMessages, ...edited], viewer),
        users: usersOf([...newMessages, ...edited], viewer, namedAccounts(channel, newMessages)),
      }
    },
  }) satisfies Methods
