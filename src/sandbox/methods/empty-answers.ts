import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Telegram } from "../state/telegram.ts"
import { callerOf, type Methods } from "./call.ts"
import { channelOf } from "./peers.ts"
import { RpcError } from "./rpc-error.ts"
import { unixSeconds, viewMessages } from "./view.ts"

/** What is answered where a client names the list that it has: anything but its own number makes it take the answer. */
const HASH = 1

const NO_UPDATES = (): Wire<tl.RawUpdates> => ({
  _: "updates",
  updates: [],
  users: [],
  chats: [],
  date: unixSeconds(),
  seq: 0,
})

const peerOf = (peer: Wire<tl.TypeInputPeer>): Wire<tl.TypePeer> => {
  if ("channelId" in peer) return { _: "peerChannel", channelId: peer.channelId }
  return { _: "peerUser", userId: "userId" in peer ? peer.userId : 0 }
}

/**
 * What clients ask for in ordinary use and this Telegram does not have: reactions, stickers, stories, themes, bots and the
 * like. The answers are those of a server that has none.
 */
export const emptyAnswers = (telegram: Telegram) => {
  const noMessages = (peer: Wire<tl.TypeInputPeer>, viewer: Parameters<typeof viewMessages>[3]) =>
    viewMessages(channelOf(telegram, peer, viewer), [], 0, viewer)
  return {
    "account.getAutoDownloadSettings": () => {
      const settings = {
        _: "autoDownloadSettings" as const,
        photoSizeMax: 1_048_576,
        videoSizeMax: 0,
        fileSizeMax: 0,
        videoUploadMaxbitrate: 100,
        smallQueueActiveOperationsMax: 5,
        largeQueueActiveOperationsMax: 2,
      }
      return { _: "account.autoDownloadSettings", low: settings, medium: settings, high: settings }
    },
    "account.getChatThemes": () => ({ _: "account.themes", hash: 0n, themes: [] }),
    "account.getContentSettings": () => ({ _: "account.contentSettings" }),
    "account.getNotifyExceptions": NO_UPDATES,
    "account.getNotifySettings": () => ({ _: "peerNotifySettings" }),
    "account.getReactionsNotifySettings": () => ({
      _: "reactionsNotifySettings",
      sound: { _: "notificationSoundDefault" },
      showPreviews: true,
    }),
    "account.getSavedMusicIds": () => ({ _: "account.savedMusicIds", ids: [] }),
    "account.updateNotifySettings": () => true,
    "channels.getChannelRecommendations": () => ({ _: "messages.chats", chats: [] }),
    "channels.getSendAs": () => ({ _: "channels.sendAsPeers", peers: [], chats: [], users: [] }),
    "contacts.getBlocked": () => ({ _: "contacts.blocked", blocked: [], chats: [], users: [] }),
    "contacts.getContacts": () => ({ _: "contacts.contacts", contacts: [], savedCount: 0, users: [] }),
    "contacts.getTopPeers": () => ({ _: "contacts.topPeersDisabled" }),
    "contacts.search": () => ({ _: "contacts.found", myResults: [], results: [], chats: [], users: [] }),
    "help.getPeerColors": () => ({ _: "help.peerColors", hash: HASH, colors: [] }),
    "help.getPeerProfileColors": () => ({ _: "help.peerColors", hash: HASH, colors: [] }),
    "messages.getAllDrafts": NO_UPDATES,
    "messages.getAttachMenuBots": () => ({ _: "attachMenuBots", hash: 0n, bots: [], users: [] }),
    "messages.getAvailableEffects": () => ({ _: "messages.availableEffects", hash: HASH, effects: [], documents: [] }),
    "messages.getAvailableReactions": () => ({ _: "messages.availableReactions", hash: HASH, reactions: [] }),
    "messages.getDefaultHistoryTTL": () => ({ _: "defaultHistoryTTL", period: 0 }),
    "messages.getDialogUnreadMarks": () => [],
    "messages.getMessagesReactions": NO_UPDATES,
    "messages.getPeerSettings": () => ({
      _: "messages.peerSettings",
      settings: { _: "peerSettings" },
      chats: [],
      users: [],
    }),
    "messages.getRecentReactions": () => ({ _: "messages.reactions", hash: 0n, reactions: [] }),
    "messages.getScheduledHistory": () => ({
      _: "messages.messages",
      messages: [],
      topics: [],
      chats: [],
      users: [],
    }),
    "messages.getSponsoredMessages": () => ({ _: "messages.sponsoredMessagesEmpty" }),
    // Every sticker set is unknown: those of animated emoji and dice as well.
    "messages.getStickerSet": () => {
      throw new RpcError(406, "STICKERSET_INVALID")
    },
    "messages.getTopReactions": () => ({ _: "messages.reactions", hash: 0n, reactions: [] }),
    "messages.getUnreadMentions": ({ peer }, call) => noMessages(peer, callerOf(call)),
    "messages.getUnreadReactions": ({ peer }, call) => noMessages(peer, callerOf(call)),
    "messages.readMentions": () => ({ _: "messages.affectedHistory", pts: 1, ptsCount: 0, offset: 0 }),
    "messages.readReactions": () => ({ _: "messages.affectedHistory", pts: 1, ptsCount: 0, offset: 0 }),
    "messages.saveDraft": () => true,
    "messages.setTyping": () => true,
    "stories.getPeerMaxIDs": ({ id }) => id.map(() => ({ _: "recentStory" })),
    "stories.getPeerStories": ({ peer }) => ({
      _: "stories.peerStories",
      stories: { _: "peerStories", peer: peerOf(peer), stories: [] },
      chats: [],
      users: [],
    }),
  } satisfies Methods
}
