import { Console, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import type { AccountStanding } from "../../db/account-states.ts"
import { forgetTrouble, unlinkChannel } from "../../db/channel-changes.ts"
import { type ChannelRole, callAccounts, linkChannel } from "../../db/channels.ts"
import type { SeenChat } from "../channel/chat-requests.ts"
import { ChatUnfit, makeSource } from "../channel-roles.ts"
import { askAccount, canBeAsked, nameOf } from "../operator/ask-account.ts"
import { joinSource } from "../operator/read-chat.ts"
import { accountFlag, channelArgument, json } from "./channel-flags.ts"
import { chosenAccount } from "./chosen-account.ts"
import { layerLibraryDatabase } from "./library-database.ts"
import { ChannelNotFound, channelsCalled, oneChannel } from "./one-channel.ts"

const protectedNote = (chat: SeenChat | undefined): string =>
  chat?.isProtected === true ? " Its content is protected: Telegram does not let it be saved, so nothing is taken." : ""

const link = Command.make(
  "link",
  {
    channel: channelArgument,
    account: accountFlag,
    role: Flag.Literals("role", ["reader", "writer"] as const).pipe(
      Flag.withDefault("reader" as const),
      Flag.withDescription("whether it reads a source or writes to the destination"),
    ),
    json,
  },
  Effect.fn(function* ({ account, channel, json, role }) {
    const done = yield* Effect.gen(function* () {
      const chosen = yield* chosenAccount(account)
      const { row, seen } = yield* channelFor(channel, chosen)
      if (role === "writer" && row.type !== "DESTINATION")
        return yield* new ChatUnfit({ title: row.title, reason: "it is a source: stash channel destination" })
      if (role === "reader" && row.type !== "SOURCE")
        return yield* new ChatUnfit({ title: row.title, reason: "it is a destination, and cannot be a source too" })
      if (role === "writer" && seen?.canPost === false)
        return yield* new ChatUnfit({ title: row.title, reason: `${nameOf(chosen)} may not post there` })
      yield* linkChannel({
        accountId: chosen.id,
        channelId: row.id,
        role: role.toUpperCase() as ChannelRole,
      })
      yield* forgetTrouble(row.id)
      yield* callAccounts([chosen.id])
      return { account: nameOf(chosen), channelId: row.id, chatId: row.telegramId, title: row.title, role, seen }
    }).pipe(Effect.provide(layerLibraryDatabase))
    const { seen, ...shown } = done
    if (json) return yield* Console.log(JSON.stringify({ ...shown, isChecked: seen !== undefined }))
    const unchecked =
      seen === undefined ? " No worker runs the account: whether it sees the channel is not checked." : ""
    yield* Console.log(
      `${done.account} ${role === "reader" ? "reads" : "writes to"} ${done.title} now.${unchecked}${protectedNote(seen)}`,
    )
  }),
).pipe(
  Command.withDescription("Let an account read a source, or write to the destination; a new chat becomes a source"),
  Command.withExamples([
    { command: "stash channel link -1001234567890 --account Alice", description: "a chat of stash channel chats" },
  ]),
)

/** The channel that is meant, made a source if it was unknown, and how the account sees it, if it can be asked. */
const channelFor = Effect.fn("channelFor")(function* (text: string, account: AccountStanding) {
  const [known, ...others] = yield* channelsCalled(text)
  if (others.length > 0) return yield* new ChannelNotFound({ wanted: text, found: others.length + 1 })
  const chatId = known?.telegramId ?? (/^-?\d{5,16}$/.test(text) ? Number(text) : undefined)
  if (chatId === undefined) return yield* new ChannelNotFound({ wanted: text, found: 0 })
  if (known !== undefined && !(yield* canBeAsked(account))) return { row: known, seen: undefined }
  const answer = yield* askAccount(account, { _tag: "LookAtChat", chatId })
  const seen = answer._tag === "Chat" ? answer.chat : undefined
  if (known !== undefined) return { row: known, seen }
  return seen === undefined
    ? yield* new ChannelNotFound({ wanted: text, found: 0 })
    : { row: yield* makeSource(seen), seen }
})

const unlink = Command.make(
  "unlink",
  { channel: channelArgument, account: accountFlag, json },
  Effect.fn(function* ({ account, channel, json }) {
    const done = yield* Effect.gen(function* () {
      const chosen = yield* chosenAccount(account)
      const row = yield* oneChannel(channel)
      return { account: nameOf(chosen), title: row.title, wasLinked: yield* unlinkChannel(chosen.id, row.id) }
    }).pipe(Effect.provide(layerLibraryDatabase))
    if (json) return yield* Console.log(JSON.stringify(done))
    yield* Console.log(
      done.wasLinked
        ? `${done.account} has nothing to do with ${done.title} any more; it stays a member.`
        : `${done.account} had nothing to do with ${done.title}.`,
    )
  }),
).pipe(
  Command.withDescription("Let an account no longer read or write a channel"),
  Command.withExamples([
    { command: "stash channel unlink Minis --account Alice", description: "others go on with it" },
  ]),
)

const target = Argument.String("target").pipe(
  Argument.withDescription("@username, t.me/username, or an invite link (t.me/+...)"),
)

const join = Command.make(
  "join",
  {
    target,
    account: accountFlag,
    memberOnly: Flag.Boolean("member-only").pipe(
      Flag.withDefault(false),
      Flag.withDescription("join, and make no source of it"),
    ),
    json,
  },
  Effect.fn(function* ({ account, json, memberOnly, target }) {
    const done = yield* Effect.gen(function* () {
      const chosen = yield* chosenAccount(account)
      if (!memberOnly) return { chosen, ...(yield* joinSource(chosen, target)) }
      return { chosen, answer: yield* askAccount(chosen, { _tag: "Join", target }), source: undefined }
    }).pipe(Effect.provide(layerLibraryDatabase))
    const name = nameOf(done.chosen)
    const { answer } = done
    if (json)
      return yield* Console.log(
        JSON.stringify({
          account: name,
          outcome: answer._tag === "JoinRequested" ? "requested" : "joined",
          ...(answer._tag === "Joined" ? { ...answer.chat, wasMember: answer.wasMember } : {}),
          ...(answer._tag === "JoinRequested" ? { title: answer.title } : {}),
          channelId: done.source?.id ?? null,
        }),
      )
    if (answer._tag === "JoinRequested")
      return yield* Console.log(
        `${name} has asked to be let in to ${answer.title}. Once an administrator has agreed, repeat this command.`,
      )
    if (answer._tag !== "Joined") return
    const how = answer.wasMember ? "was a member of" : "has joined"
    const what = done.source === undefined ? "." : ", and reads it now."
    yield* Console.log(`${name} ${how} ${answer.chat.title}${what}${protectedNote(answer.chat)}`)
  }),
).pipe(
  Command.withDescription("Join a channel or group by its name or an invite link, and read it"),
  Command.withExamples([
    { command: "stash channel join @minis --account Alice", description: "a public channel" },
    { command: "stash channel join https://t.me/+AbCdEfGhIjKlMnOp", description: "by an invite link" },
  ]),
)

export const linkCommands = [link, unlink, join] as const
