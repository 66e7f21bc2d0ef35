import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { forgetTrouble, setCategory, setChannelActive } from "../../db/channel-changes.ts"
import { channelLinks } from "../../db/channel-overview.ts"
import { callAccounts } from "../../db/channels.ts"
import { readersOf, rescanSource } from "../operator/rescan-source.ts"
import { accountFlag, channelArgument, json } from "./channel-flags.ts"
import { chosenAccount } from "./chosen-account.ts"
import { layerLibraryDatabase } from "./library-database.ts"
import { oneChannel } from "./one-channel.ts"

const category = Command.make(
  "category",
  {
    channel: channelArgument,
    name: Argument.String("category").pipe(Argument.optional, Argument.withDescription("none: it has none any more")),
    json,
  },
  Effect.fn(function* ({ channel, json, name }) {
    const done = yield* Effect.gen(function* () {
      const { id, title } = yield* oneChannel(channel)
      const wanted = Option.match(name, {
        onNone: () => null,
        onSome: (text) => (text.trim() === "" ? null : text.trim().slice(0, 64)),
      })
      return { id, title, category: wanted, packagesTagged: yield* setCategory(id, wanted) }
    }).pipe(Effect.provide(layerLibraryDatabase))
    if (json) return yield* Console.log(JSON.stringify(done))
    yield* Console.log(
      `${done.title} has ${done.category === null ? "no category" : `the category ${done.category}`} now; ` +
        `${done.packagesTagged} packages were tagged anew.`,
    )
  }),
).pipe(
  Command.withDescription("Set a source's category, which its packages have as their tag"),
  Command.withExamples([
    { command: "stash channel category Minis Miniatures", description: "its packages are tagged so" },
    { command: "stash channel category Minis", description: "it has none any more" },
  ]),
)

const turning = (name: "enable" | "disable", description: string) =>
  Command.make(
    name,
    { channel: channelArgument, json },
    Effect.fn(function* ({ channel, json }) {
      const done = yield* Effect.gen(function* () {
        const { id, title } = yield* oneChannel(channel)
        yield* setChannelActive(id, name === "enable")
        yield* forgetTrouble(id)
        const readers = (yield* channelLinks()).filter(
          ({ channelId, isAccountActive, role }) => channelId === id && role === "READER" && isAccountActive,
        )
        if (name === "enable") yield* callAccounts(readers.map(({ accountId }) => accountId))
        return { id, title, isEnabled: name === "enable", readers: readers.map(({ account }) => account) }
      }).pipe(Effect.provide(layerLibraryDatabase))
      if (json) return yield* Console.log(JSON.stringify(done))
      const nobody = done.isEnabled && done.readers.length === 0 ? " No account reads it: stash channel link." : ""
      yield* Console.log(`${done.title} is ${done.isEnabled ? "enabled" : "disabled"}.${nobody}`)
    }),
  ).pipe(
    Command.withDescription(description),
    Command.withExamples([{ command: `stash channel ${name} Minis`, description: "by its title" }]),
  )

const rescan = Command.make(
  "rescan",
  {
    channel: channelArgument,
    account: accountFlag,
    from: Flag.Int("from").pipe(
      Flag.withDescription("the number of a message, as in its t.me link; without it from the beginning"),
      Flag.optional,
    ),
    yes: Flag.Boolean("yes").pipe(
      Flag.withDefault(false),
      Flag.withDescription("do it; without it only what would be done is told"),
    ),
    json,
  },
  Effect.fn(function* ({ account, channel, from, json, yes }) {
    const done = yield* Effect.gen(function* () {
      const { id, sets, title } = yield* oneChannel(channel)
      const one = Option.isSome(account) ? yield* chosenAccount(account) : undefined
      const readers = yield* readersOf(id, one?.id)
      if (yes) yield* rescanSource(id, readers, Option.getOrNull(from))
      return { id, title, dryRun: !yes, readers: readers.map(({ account }) => account), knownSets: sets }
    }).pipe(Effect.provide(layerLibraryDatabase))
    if (json) return yield* Console.log(JSON.stringify(done))
    if (done.readers.length === 0) return yield* Console.log(`No account reads ${done.title}: stash channel link.`)
    const where = Option.match(from, { onNone: () => "from its beginning", onSome: (n) => `from message ${n} on` })
    yield* Console.log(
      `${done.readers.join(", ")} ${yes ? "looks" : "would look"} through ${done.title} anew ${where}. ` +
        `The ${done.knownSets} sets that are known cost calls, and no downloads.`,
    )
    if (!yes) yield* Console.log("Repeat with --yes to do it.")
  }),
).pipe(
  Command.withDescription("Look through a source anew: what was missed is found, what is settled stays so"),
  Command.withExamples([
    { command: "stash channel rescan Minis --from 1207", description: "what would be done?" },
    { command: "stash channel rescan Minis --yes", description: "from its beginning" },
  ]),
)

export const settingCommands = [
  category,
  turning("enable", "Let a source be read"),
  turning("disable", "Leave a source alone; nothing that is known of it is forgotten"),
  rescan,
] as const
