import { Console, Effect, Redacted, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { adopt, inspect, moveFolders } from "../adopt/adopt.ts"
import { type Finding, isBlocker } from "../adopt/finding.ts"
import { inspectGivingBack } from "../adopt/give-back.ts"
import { giveBack } from "../adopt/tdlib-folder.ts"
import { type Config, loadConfig } from "../config.ts"
import { printable } from "./table.ts"

/** Thrown when: something is in the way of adopting an installation, or of giving it back. Nothing was changed. */
export class AdoptRefused extends Schema.TaggedError<AdoptRefused>()("AdoptRefused", { blockers: Schema.Int }) {
  override get message(): string {
    const things = this.blockers === 1 ? "one thing is" : `${this.blockers} things are`
    return `nothing was changed: ${things} in the way, see above`
  }
}

const headings = [
  ["blocker", "In the way"],
  ["warning", "Will not work before you act"],
  ["step", "Is done by adopting"],
  ["note", "Good to know"],
] as const

const describe = (findings: ReadonlyArray<Finding>): string =>
  headings
    .flatMap(([kind, heading]) => {
      const those = findings.filter((finding) => finding.kind === kind)
      if (those.length === 0) return []
      const lines = those.flatMap(({ about, remedy, what }) => [
        `  - ${about}: ${printable(what)}`,
        ...(remedy === undefined ? [] : [`      -> ${printable(remedy)}`]),
      ])
      return [`${heading}:`, ...lines]
    })
    .join("\n")

const urlOf = ({ databaseUrl }: Config): string => (databaseUrl === undefined ? "" : Redacted.value(databaseUrl))

const flags = {
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withDefault(false),
    Flag.withDescription("only tell what would be done; nothing is changed"),
  ),
  undo: Flag.Boolean("undo").pipe(
    Flag.withDefault(false),
    Flag.withDescription("give the accounts' sessions back to the former worker"),
  ),
  json: Flag.Boolean("json").pipe(Flag.withDefault(false), Flag.withDescription("print JSON")),
}

/** `stash adopt`: takes an installation of the former worker over, or gives it back. */
export const adoptCommand = Command.make(
  "adopt",
  flags,
  Effect.fn(function* ({ dryRun, json, undo }) {
    const config = yield* loadConfig(process.env)
    const url = urlOf(config)
    const inspection = yield* undo ? inspectGivingBack(config) : inspect(config)
    const { findings } = inspection
    const blockers = findings.filter(isBlocker).length
    const isDone = !dryRun && blockers === 0
    if (isDone) yield* undo ? moveFolders(inspection, giveBack) : adopt(url, inspection)
    const done = isDone ? (undo ? "Given back." : "Adopted: stash run") : ""
    yield* Console.log(
      json
        ? JSON.stringify({ ok: blockers === 0, undo, dryRun, done: isDone, findings }, null, 2)
        : [describe(findings), done].filter((part) => part !== "").join("\n\n"),
    )
    if (blockers > 0) return yield* new AdoptRefused({ blockers })
    if (dryRun && !json) yield* Console.log("\nNothing was changed. Without --dry-run it is done.")
  }),
).pipe(
  Command.withDescription("Take over an installation of the former worker of Dragon's Stash, without a new login"),
  Command.withExamples([
    { command: "stash adopt --dry-run", description: "see what is there, and what would be done" },
    { command: "stash adopt", description: "do it; doing it again changes nothing more" },
    { command: "stash adopt --undo", description: "give the sessions back to the former worker" },
  ]),
)
