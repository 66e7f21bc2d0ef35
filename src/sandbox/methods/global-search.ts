import type { Account } from "../state/account.ts"
import type { Channel, Message } from "../state/channel.ts"
import { lowerBound } from "../state/live-messages.ts"
import type { Sought } from "../state/message-searches.ts"
import type { Telegram } from "../state/telegram.ts"
import { callerOf, type Methods } from "./call.ts"
import { kindOfFilter } from "./message-filters.ts"
import type { Pages } from "./pages.ts"
import { RpcError } from "./rpc-error.ts"
import { chatsOf, usersOf, viewMessage } from "./view.ts"
import { viewTopicsOf } from "./view-topic.ts"

/** The folder of archived chats (core.telegram.org/api/folders#peer-folders). */
const ARCHIVE_FOLDER = 1

interface Found {
  readonly channel: Channel
  readonly message: Message
}

const newestFirst = (a: Found, b: Found): number =>
  b.message.date - a.message.date || b.channel.properties.id - a.channel.properties.id || b.message.id - a.message.id

/** Searches in all chats of an account (core.telegram.org/method/messages.searchGlobal). pages: how full they are. */
export const globalSearchMethods = (telegram: Telegram, pages: Pages) => {
  const chatsToSearch = (
    viewer: Account,
    { broadcastsOnly, groupsOnly, usersOnly, folderId }: Readonly<Record<string, unknown>>,
  ): readonly Channel[] =>
    telegram
      .channelsOf(viewer)
      .filter(
        ({ properties: { kind }, archivedBy }) =>
          usersOnly !== true &&
          (broadcastsOnly !== true || kind === "channel") &&
          (groupsOnly !== true || kind === "supergroup") &&
          (folderId === undefined || (folderId === ARCHIVE_FOLDER) === archivedBy.has(viewer)),
      )
  return {
    "messages.searchGlobal": (
      { q, filter, minDate, maxDate, offsetRate, offsetPeer, offsetId, limit, ...chats },
      call,
    ) => {
      const viewer = callerOf(call)
      if (q === "" && filter._ === "inputMessagesFilterEmpty") throw new RpcError(400, "SEARCH_QUERY_EMPTY")
      const offsetChannel = "channelId" in offsetPeer ? offsetPeer.channelId : 0
      const isAfterOffset = ({ channel, message }: Found): boolean => {
        if (offsetRate === 0) return true
        const { id } = channel.properties
        if (message.date !== offsetRate) return message.date < offsetRate
        return id < offsetChannel || (id === offsetChannel && message.id < offsetId)
      }
      const sought: Sought = { kind: kindOfFilter(filter), text: q, minDate, maxDate }
      let count = 0
      const found = chatsToSearch(viewer, chats).flatMap((channel) => {
        const all = channel.search(sought)
        const ids = all.slice(lowerBound(all, channel.hiddenUpTo(viewer) + 1))
        count += ids.length
        return ids.flatMap((id) => {
          const message = channel.message(id)
          return message !== undefined && isAfterOffset({ channel, message }) ? [{ channel, message }] : []
        })
      })
      const page = found.sort(newestFirst).slice(0, pages.lengthFor(limit))
      const messages = page.map(({ message }) => message)
      const last = page.at(-1)
      return {
        _: "messages.messagesSlice",
        count,
        // The next page begins after a message of this date.
        nextRate: last !== undefined && page.length < found.length ? last.message.date : undefined,
        messages: page.map(({ channel, message }) => viewMessage(channel, message, viewer)),
        topics: page.flatMap(({ channel, message }) => viewTopicsOf(channel, [message], viewer)),
        chats: chatsOf(
          page.map(({ channel }) => channel),
          messages,
          viewer,
        ),
        users: usersOf(messages, viewer),
      }
    },
  } satisfies Methods
}
