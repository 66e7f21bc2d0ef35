import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import type { AccountStanding } from "../../db/account-states.ts"
import { destination as destinationOf } from "../../db/channels.ts"
import { getSetting } from "../../db/settings.ts"
import { ChatUnfit, INVITE_KEY } from "../channel-roles.ts"
import {
  chooseDestination,
  createdDestination,
  joinedDestination,
  seenDestination,
} from "../operator/choose-destination.ts"
import { accountFlag, channelArgument, json } from "./channel-flags.ts"
import { chosenAccount } from "./chosen-account.ts"
import { layerLibraryDatabase } from "./library-database.ts"
import { ChannelNotFound, channelsCalled } from "./one-channel.ts"
import { table } from "./table.ts"

const namedDestination = Effect.fn("namedDestination")(function* (account: AccountStanding, text: string) {
  const [known, ...others] = yield* channelsCalled(text)
  if (others.length > 0) return yield* new ChannelNotFound({ wanted: text, found: others.length + 1 })
  const chatId = known?.telegramId ?? (/^-?\d{5,16}$/.test(text) ? Number(text) : undefined)
  if (chatId === undefined) return yield* new ChannelNotFound({ wanted: text, found: 0 })
  return yield* seenDestination(account, chatId)
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
      if (Option.isSome(given.create))
        return yield* chooseDestination(yield* createdDestination(account, given.create.value))
      if (Option.isSome(given.join))
        return yield* chooseDestination(yield* joinedDestination(account, given.join.value))
      const text = Option.getOrElse(given.channel, () => "")
      return yield* chooseDestination(yield* namedDestination(account, text))
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
