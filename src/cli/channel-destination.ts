import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { type AccountStanding, accountStandings } from "../../db/account-states.ts"
import { destination as destinationOf, linkChannel } from "../../db/channels.ts"
import { getSetting } from "../../db/settings.ts"
import type { SeenChat } from "../channel/chat-requests.ts"
import { ChatUnfit, INVITE_KEY, makeDestination, publishIn } from "../channel-roles.ts"
import { askAccount, canBeAsked, chosenAccount, NotAnswered, nameOf } from "./ask-account.ts"
import { accountFlag, channelArgument, json } from "./channel-flags.ts"
import { layerLibraryDatabase } from "./library-database.ts"
import { ChannelNotFound, channelsCalled } from "./one-channel.ts"
import { table } from "./table.ts"

interface Found {
  readonly chat: SeenChat
  /** By which the other accounts can join it; null: none is known. */
  readonly inviteLink: string | null
}

const lookAt = Effect.fn("lookAt")(function* (text: string, account: AccountStanding) {
  const [known, ...others] = yield* channelsCalled(text)
  if (others.length > 0) return yield* new ChannelNotFound({ wanted: text, found: others.length + 1 })
  const chatId = known?.telegramId ?? (/^-?\d{5,16}$/.test(text) ? Number(text) : undefined)
  if (chatId === undefined) return yield* new ChannelNotFound({ wanted: text, found: 0 })
  const answer = yield* askAccount(account, { _tag: "LookAtChat", chatId })
  if (answer._tag !== "Chat") return yield* new ChannelNotFound({ wanted: text, found: 0 })
  const { username } = answer.chat
  const found: Found = { chat: answer.chat, inviteLink: username === null ? null : `https://t.me/${username}` }
  return found
})

const joinIt = Effect.fn("joinIt")(function* (link: string, account: AccountStanding) {
  const answer = yield* askAccount(account, { _tag: "Join", target: link })
  if (answer._tag === "Joined") return { chat: answer.chat, inviteLink: link } satisfies Found
  return yield* new NotAnswered({
    account: nameOf(account),
    reason: "it has asked to be let in; once an administrator has agreed, repeat this command",
  })
})

const create = Effect.fn("create")(function* (title: string, account: AccountStanding) {
  const answer = yield* askAccount(account, { _tag: "CreateDestination", title })
  if (answer._tag !== "Created") return yield* new ChannelNotFound({ wanted: title, found: 0 })
  const found: Found = { chat: answer.chat, inviteLink: answer.inviteLink }
  return found
})

/** Lets an account write to the destination, joining it first where that is needed and possible; says what came of it. */
const admit = Effect.fn("admit")(
  function* (account: AccountStanding, { chat, inviteLink }: Found, channelId: string) {
    yield* linkChannel({ accountId: account.id, channelId, role: "WRITER" })
    if (!(yield* canBeAsked(account))) return "not checked: no worker runs it now"
    const answer =
      inviteLink === null
        ? yield* askAccount(account, { _tag: "LookAtChat", chatId: chat.chatId })
        : yield* askAccount(account, { _tag: "Join", target: inviteLink })
    if (answer._tag === "JoinRequested") return "has asked to be let in"
    if (answer._tag !== "Joined" && answer._tag !== "Chat") return "not checked"
    return answer.chat.canPost ? "may post" : "is a member and may not post: make it an administrator"
  },
  Effect.catch((error) => Effect.succeed(`cannot be there: ${error.message}`)),
)

const choose = Effect.fn("choose")(function* (found: Found) {
  const { chat, inviteLink } = found
  const row = yield* makeDestination(chat)
  const accounts = yield* Effect.forEach(
    (yield* accountStandings()).filter(({ isActive }) => isActive),
    (account) => Effect.map(admit(account, found, row.id), (what) => ({ account: nameOf(account), what })),
    { concurrency: "unbounded" },
  )
  yield* publishIn(row.id, inviteLink)
  return { channelId: row.id, chatId: chat.chatId, title: chat.title, inviteLink, accounts }
})

const current = Effect.gen(function* () {
  const found = yield* destinationOf()
  const inviteLink = Option.getOrNull(yield* getSetting(INVITE_KEY))
  return Option.match(found, {
    onNone: () => ({ channelId: null, chatId: null, title: null, inviteLink, accounts: [] }),
    onSome: (channel) => ({ ...channel, inviteLink, accounts: [] }),
  })
})

export const destination = Command.make(
  "destination",
  {
    channel: channelArgument.pipe(Argument.optional),
    join: Flag.String("join").pipe(
      Flag.withDescription("join this chat (@username or invite link) and publish there"),
      Flag.optional,
    ),
    create: Flag.String("create").pipe(
      Flag.withDescription("create a supergroup with this title and publish there"),
      Flag.optional,
    ),
    account: accountFlag,
    json,
  },
  Effect.fn(function* (given) {
    const done = yield* Effect.gen(function* () {
      const ways = [given.channel, given.join, given.create].filter(Option.isSome)
      if (ways.length === 0) return yield* current
      if (ways.length > 1)
        return yield* new ChatUnfit({ title: "stash channel destination", reason: "name one chat, in one way" })
      const account = yield* chosenAccount(given.account)
      if (Option.isSome(given.create)) return yield* choose(yield* create(given.create.value, account))
      if (Option.isSome(given.join)) return yield* choose(yield* joinIt(given.join.value, account))
      return yield* choose(
        yield* lookAt(
          Option.getOrElse(given.channel, () => ""),
          account,
        ),
      )
    }).pipe(Effect.provide(layerLibraryDatabase))
    if (given.json) return yield* Console.log(JSON.stringify(done, null, 2))
    if (done.title === null) return yield* Console.log("No destination is set (see --help).")
    yield* Console.log(`Everything is published in ${done.title} (${done.chatId}).`)
    if (done.accounts.length > 0)
      yield* Console.log(
        table(
          ["account", "there"],
          done.accounts.map(({ account, what }) => [account, what]),
          "",
        ),
      )
  }),
).pipe(
  Command.withDescription("Show the destination, or choose it: a chat of an account, one to join, or a new one"),
  Command.withExamples([
    { command: "stash channel destination --create Library", description: "a new supergroup; all accounts join it" },
    { command: "stash channel destination -1001234567890", description: "a chat from stash channel chats" },
  ]),
)
