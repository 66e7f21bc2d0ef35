import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { Channel } from "../state/channel.ts"
import { DialogLists } from "../state/dialog-list.ts"
import type { Telegram } from "../state/telegram.ts"
import { callerOf, type Methods } from "./call.ts"
import { namedAccounts } from "./named-accounts.ts"
import { channelOf } from "./peers.ts"
import { usersOf, viewDialog, viewMessage, viewState } from "./view.ts"
import { viewChannel } from "./view-channel.ts"

/** The most dialogs that one answer holds, as on the real server. */
const MAX_PAGE = 100
/** The folder of archived chats (core.telegram.org/api/folders#peer-folders). */
export const ARCHIVE_FOLDER = 1

const viewDialogs = (channels: readonly Channel[], viewer: Account) => {
  const tops = channels.flatMap((channel) => {
    const message = channel.topFor(viewer)
    return message === undefined ? [] : [{ channel, message }]
  })
  return {
    dialogs: channels.map((channel) => viewDialog(channel, viewer)),
    // A client drops a dialog whose top message does not come with it.
    messages: tops.map(({ channel, message }) => viewMessage(channel, message, viewer)),
    chats: channels.map((channel): Wire<tl.TypeChat> => viewChannel(channel, viewer)),
    users: usersOf(
      tops.map(({ message }) => message),
      viewer,
      tops.flatMap(({ channel, message }) => namedAccounts(channel, [message])),
    ),
  }
}

/** The lists of chats. */
export const dialogMethods = (telegram: Telegram) => {
  const lists = new DialogLists(
    (account) => telegram.channelsOf(account),
    () => telegram.version,
  )
  return {
    "messages.getDialogs": ({ offsetDate, offsetId, offsetPeer, limit, folderId }, call) => {
      const viewer = callerOf(call)
      const after =
        offsetDate === 0
          ? undefined
          : {
              date: offsetDate,
              messageId: offsetId,
              channelId: "channelId" in offsetPeer ? offsetPeer.channelId : 0,
            }
      const wanted = Math.min(Math.max(limit, 1), MAX_PAGE)
      const { channels, isLast, count } = lists.page(viewer, folderId === ARCHIVE_FOLDER, after, wanted)
      if (isLast) return { _: "messages.dialogs", ...viewDialogs(channels, viewer) }
      return { _: "messages.dialogsSlice", count, ...viewDialogs(channels, viewer) }
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
  } satisfies Methods
}
