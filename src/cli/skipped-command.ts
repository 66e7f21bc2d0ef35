import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { retrySkipped, type SkippedEntry, SkipReason, skippedPackages } from "../../db/skipped.ts"
import { layerLibraryDatabase } from "./library-database.ts"
import { table } from "./table.ts"

const json = Flag.Boolean("json").pipe(Flag.withDefault(false), Flag.withDescription("print JSON"))

const listed = (entries: ReadonlyArray<SkippedEntry>) =>
  table(
    ["id", "reason", "name", "channel", "why"],
    entries.map((one) => [one.id, one.reason, one.fileName, one.channelTitle, one.errorMessage ?? ""]),
    "Nothing is skipped.",
  )

const list = Command.make(
  "list",
  { json },
  Effect.fn(function* ({ json }) {
    const skipped = yield* skippedPackages().pipe(Effect.provide(layerLibraryDatabase))
    yield* Console.log(json ? JSON.stringify({ skipped }, null, 2) : listed(skipped))
  }),
).pipe(
  Command.withDescription("List the sets that were skipped, and why; the newest first"),
  Command.withExamples([{ command: "stash skipped list", description: "what was given up, and why" }]),
)

const retry = Command.make(
  "retry",
  {
    ids: Argument.String("id").pipe(Argument.variadic(), Argument.withDescription("what `stash skipped list` shows")),
    all: Flag.Boolean("all").pipe(Flag.withDefault(false), Flag.withDescription("all of them")),
    reason: Flag.Literals("reason", SkipReason.literals).pipe(
      Flag.withDescription("those with this reason"),
      Flag.optional,
    ),
    dryRun: Flag.Boolean("dry-run").pipe(Flag.withDefault(false), Flag.withDescription("only tell which")),
    json,
  },
  Effect.fn(function* ({ all, dryRun, ids, json, reason }) {
    const chosen = new Set(ids)
    const wanted = (one: SkippedEntry) =>
      all || chosen.has(one.id) || (Option.isSome(reason) && one.reason === reason.value)
    const retried = yield* Effect.gen(function* () {
      const entries = (yield* skippedPackages()).filter(wanted)
      if (!dryRun) yield* retrySkipped(entries.map(({ id }) => id))
      return entries
    }).pipe(Effect.provide(layerLibraryDatabase))
    if (json) return yield* Console.log(JSON.stringify({ dryRun, retried }, null, 2))
    yield* Console.log(retried.length === 0 ? "None of the skipped sets was named (see --help)." : listed(retried))
    if (retried.length > 0)
      yield* Console.log(`${retried.length} ${dryRun ? "would be" : "are"} tried again by the next cycle.`)
  }),
).pipe(
  Command.withDescription("Try skipped sets again, with all their attempts: by id, by --reason, or --all"),
  Command.withExamples([
    { command: "stash skipped retry --reason DOWNLOAD_FAILED --dry-run", description: "see what would be tried again" },
    { command: "stash skipped retry --all", description: "try everything again" },
  ]),
)

/** `stash skipped`: what was given up, and another try. */
export const skippedCommand = Command.make("skipped").pipe(
  Command.withDescription("Sets that were skipped, with their reasons"),
  Command.withSubcommands([list, retry]),
)
