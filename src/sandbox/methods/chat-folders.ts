import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import { encode } from "../protocol/tl-writer.ts"
import type { Account } from "../state/account.ts"
import { FIRST_FILTER_ID } from "../state/dialog-filters.ts"
import type { Telegram } from "../state/telegram.ts"
import type { Announcements } from "./announcements.ts"
import { type Call, callerOf, type Methods } from "./call.ts"
import type { Chats } from "./chats.ts"
import { ARCHIVE_FOLDER } from "./dialogs.ts"
import { channelOf } from "./peers.ts"
import { RpcError } from "./rpc-error.ts"
import { unixSeconds } from "./view.ts"
import { viewChannel } from "./view-channel.ts"

/** The archive and the chat folders (core.telegram.org/api/folders). */
export const chatFolderMethods = (telegram: Telegram, chats: Chats, announcements: Announcements) => {
  const filtersOf = (account: Account): Wire<tl.TypeDialogFilter>[] =>
    telegram
      .dialogFilters(account)
      .all()
      .map((filter) => (filter === undefined ? { _: "dialogFilterDefault" } : (filter as Wire<tl.RawDialogFilter>)))

  /** Makes the account's other clients ask for its folders again. */
  const tellFolders = (viewer: Account, call: Call) =>
    announcements.tellAccount(viewer, [{ _: "updateDialogFilters" }], call.authKey)

  return {
    "folders.editPeerFolders": ({ folderPeers }, call) => {
      const viewer = callerOf(call)
      const moved = folderPeers.map(({ peer, folderId }) => ({ channel: channelOf(telegram, peer, viewer), folderId }))
      for (const { channel, folderId } of moved) chats.archive(channel, viewer, folderId === ARCHIVE_FOLDER)
      const update: Wire<tl.RawUpdateFolderPeers> = {
        _: "updateFolderPeers",
        folderPeers: moved.map(({ channel, folderId }) => ({
          _: "folderPeer",
          peer: { _: "peerChannel", channelId: channel.properties.id },
          folderId,
        })),
        // Nothing else moves the account-wide counter, so this does not either.
        pts: 1,
        ptsCount: 0,
      }
      announcements.tellAccount(viewer, [update], call.authKey)
      return {
        _: "updates",
        updates: [update],
        users: [],
        chats: moved.map(({ channel }) => viewChannel(channel, viewer)),
        date: unixSeconds(),
        seq: 0,
      }
    },
    "messages.getDialogFilters": (_, call) => ({ _: "messages.dialogFilters", filters: filtersOf(callerOf(call)) }),
    "messages.getSuggestedDialogFilters": () => [],
    "messages.updateDialogFilter": ({ id, filter }, call) => {
      const viewer = callerOf(call)
      if (id < FIRST_FILTER_ID) throw new RpcError(400, "FILTER_ID_INVALID")
      telegram.commit({
        type: "dialog-filter",
        phone: viewer.phone,
        id,
        filter: filter === undefined ? null : encode(filter).toString("base64"),
      })
      tellFolders(viewer, call)
      return true
    },
    "messages.updateDialogFiltersOrder": ({ order }, call) => {
      const viewer = callerOf(call)
      telegram.commit({ type: "dialog-filter-order", phone: viewer.phone, order })
      tellFolders(viewer, call)
      return true
    },
    "messages.toggleDialogFilterTags": () => true,
  } satisfies Methods
}
