import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { type ChannelLink, type ChannelOverview, channelLinks, channelOverviews } from "../../db/channel-overview.ts"
import { askAccount } from "../operator/ask-account.ts"
import { stateOf } from "../operator/channel-state.ts"
import { accountFlag, json } from "./channel-flags.ts"
import { chosenAccount } from "./chosen-account.ts"
import { layerLibraryDatabase } from "./library-database.ts"
import { table } from "./table.ts"

/** TDLib's message ids are the numbers of t.me links shifted by 20 bits. */
const numberOf = (messageId: number | null): number => Math.floor((messageId ?? 0) / 2 ** 20)

const shownLink = (link: ChannelLink) => ({
  account: link.account,
  accountId: link.accountId,
  role: link.role.toLowerCase(),
  markMessage: numberOf(link.mark),
  seenUpToMessage: numberOf(link.seenUpTo),
  scannedAt: link.scannedAt?.toISOString() ?? null,
  unreadable: link.unreadable,
  unreadableSince: link.unreadableSince?.toISOString() ?? null,
  retryAt: link.retryAt?.toISOString() ?? null,
})

const shown = (channel: ChannelOverview, links: ReadonlyArray<ChannelLink>) => ({
  id: channel.id,
  chatId: channel.telegramId,
  title: channel.title,
  role: channel.type.toLowerCase(),
  isForum: channel.isForum,
  isEnabled: channel.isActive,
  category: channel.category,
  state: stateOf(channel, links),
  sets: channel.sets,
  unsettledSets: channel.unsettled,
  accounts: links.map(shownLink),
})

const newest = (dates: ReadonlyArray<string | null>): string => [...dates].sort().at(-1) ?? ""

export const list = Command.make(
  "list",
  { json },
  Effect.fn(function* ({ json }) {
    const channels = yield* Effect.gen(function* () {
      const links = yield* channelLinks()
      return (yield* channelOverviews()).map((channel) =>
        shown(
          channel,
          links.filter(({ channelId }) => channelId === channel.id),
        ),
      )
    }).pipe(Effect.provide(layerLibraryDatabase))
    if (json) return yield* Console.log(JSON.stringify({ channels }, null, 2))
    const rows = channels.map((one) => [
      String(one.chatId),
      one.title,
      one.role,
      one.category ?? "",
      one.accounts.map(({ account, role }) => (role === "writer" ? `${account} (writes)` : account)).join(", "),
      String(Math.max(0, ...one.accounts.map(({ markMessage }) => markMessage))),
      newest(one.accounts.map(({ scannedAt }) => scannedAt)),
      one.unsettledSets === 0 ? String(one.sets) : `${one.sets} (${one.unsettledSets} open)`,
      one.state,
    ])
    const headings = ["chat", "title", "role", "category", "accounts", "settled to", "looked through", "sets", "state"]
    yield* Console.log(table(headings, rows, "There is no channel yet: stash channel chats, stash channel link."))
  }),
).pipe(
  Command.withDescription("List all channels: who reads and writes them, how far, and what is wrong"),
  Command.withExamples([{ command: "stash channel list", description: "sources and destination" }]),
)

export const chats = Command.make(
  "chats",
  {
    account: accountFlag,
    all: Flag.Boolean("all").pipe(
      Flag.withDefault(false),
      Flag.withDescription("those too that can be no source, with the reason"),
    ),
    json,
  },
  Effect.fn(function* ({ account, all, json }) {
    const { chats, known } = yield* Effect.gen(function* () {
      const answer = yield* askAccount(yield* chosenAccount(account), { _tag: "ListChats" })
      const known = new Map((yield* channelOverviews()).map((one) => [one.telegramId, one]))
      return { chats: answer._tag === "Chats" ? answer.chats : [], known }
    }).pipe(Effect.provide(layerLibraryDatabase))
    const wanted = chats
      .filter(({ refusal }) => all || refusal === null)
      .map((chat) => ({ ...chat, known: known.get(chat.chatId)?.type.toLowerCase() ?? null }))
    if (json) return yield* Console.log(JSON.stringify({ chats: wanted }, null, 2))
    const rows = wanted.map((chat) => [
      String(chat.chatId),
      chat.title,
      chat.kind,
      chat.username === null ? "" : `@${chat.username}`,
      chat.lists.join(", "),
      chat.known ?? "",
      [
        chat.refusal ?? "",
        chat.isProtected ? "protected content: nothing is taken" : "",
        chat.canPost ? "may post" : "",
      ]
        .filter((note) => note !== "")
        .join("; "),
    ])
    const headings = ["chat", "title", "kind", "name", "in", "is our", "note"]
    yield* Console.log(table(headings, rows, "The account is in no channel and no group."))
  }),
).pipe(
  Command.withDescription("List the chats of an account: main list, archive, folders"),
  Command.withExamples([
    { command: "stash channel chats --account Alice", description: "what it could read" },
    { command: "stash channel chats --account Alice --all", description: "with what cannot be a source, and why" },
  ]),
)
