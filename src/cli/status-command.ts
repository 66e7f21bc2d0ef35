import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { Database } from "../../db/database.ts"
import { type Config, loadConfig } from "../config.ts"
import { runningDatabaseUrl } from "../database-url.ts"
import { layerLibraryDatabase } from "./library-database.ts"
import { json } from "./one-account.ts"
import { lookAtStatus, type SeenRuns, type Status } from "./status-look.ts"
import { statusLines } from "./status-view.ts"

const LOOK_EVERY = "1 second"

/** Up over what was drawn before, and clear from there on (ECMA-48: CPL, ED). */
const overdraw = (lines: number): string => (lines === 0 ? "" : `\u001B[${lines}F\u001B[J`)

const cut = (line: string): string => line.slice(0, Math.max(20, process.stdout.columns ?? 80))

/** Draws the frame in the place of the one before; as much of it as the terminal holds. Answers with its height. */
const draw = (lines: ReadonlyArray<string>, before: number) =>
  Effect.sync(() => {
    const fitting = lines.slice(0, Math.max(5, (process.stdout.rows ?? 24) - 1)).map(cut)
    process.stdout.write(`${overdraw(before)}${fitting.join("\n")}\n`)
    return fitting.length
  })

const look = Effect.fn("look")(function* (config: Config, earlier: SeenRuns) {
  const url = yield* runningDatabaseUrl(config)
  if (url === undefined) return undefined
  return yield* lookAtStatus(config, earlier).pipe(
    Effect.provide(Database.layer({ url, max: 1, applicationName: "stash:command" })),
  )
})

const away = (reason: string): ReadonlyArray<string> => [`The database cannot be asked now, trying again: ${reason}`]

/** Shows the status again and again, over restarts of worker and database, until somebody stops it. */
const watchStatus = Effect.fn("watchStatus")(function* (
  config: Config,
  show: (status: Status | ReadonlyArray<string>) => Effect.Effect<void>,
) {
  let earlier: SeenRuns = new Map()
  for (;;) {
    const seen = yield* Effect.match(look(config, earlier), {
      onSuccess: (found) => found ?? away("the embedded server is down while no worker runs"),
      onFailure: (error) => away(error.message),
    })
    if ("status" in seen) earlier = seen.seen
    yield* show("status" in seen ? seen.status : seen)
    yield* Effect.sleep(LOOK_EVERY)
  }
})

const showOver = () => {
  let height = 0
  return (status: Status | ReadonlyArray<string>) =>
    Effect.map(draw("accounts" in status ? statusLines(status) : status, height), (drawn) => {
      height = drawn
    })
}

const showJson = (status: Status | ReadonlyArray<string>) =>
  "accounts" in status ? Console.log(JSON.stringify(status)) : Effect.void

/** `stash status`: everything at one look; live in a terminal. */
export const statusCommand = Command.make(
  "status",
  {
    once: Flag.Boolean("once").pipe(Flag.withDefault(false), Flag.withDescription("one look, in a terminal too")),
    watch: Flag.Boolean("watch").pipe(
      Flag.withDefault(false),
      Flag.withDescription("look every second until Ctrl-C, as in a terminal; with --json one value a line"),
    ),
    json,
  },
  Effect.fn(function* ({ json, once, watch }) {
    const config = yield* loadConfig(process.env)
    const first = yield* lookAtStatus(config, new Map()).pipe(Effect.provide(layerLibraryDatabase))
    const isLive = watch || (process.stdout.isTTY === true && !once && !json)
    // An embedded server that was started for this look alone is not kept from a worker that starts.
    if (isLive && (yield* runningDatabaseUrl(config)) !== undefined)
      return yield* watchStatus(config, json ? showJson : showOver())
    yield* Console.log(json ? JSON.stringify(first.status, null, 2) : statusLines(first.status).join("\n"))
  }),
).pipe(
  Command.withDescription(
    "Show at one look what runs, what waits and why, and how far it is; live in a terminal, with rates",
  ),
  Command.withExamples([
    { command: "stash status", description: "live until Ctrl-C" },
    { command: "stash status --once", description: "one look" },
    { command: "stash status --watch --json", description: "one JSON value a line, every second" },
  ]),
)
