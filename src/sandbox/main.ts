import { writeFileSync } from "node:fs"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, Effect, Exit, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { type Sandbox, type SandboxOptions, startSandbox } from "./sandbox.ts"

/** What a ready sandbox tells: one line on standard output, the --json file, and a message to a parent process. */
export interface SandboxReady {
  readonly event: "sandbox.ready"
  /** The control interface. */
  readonly url: string
  readonly telegramPort: number
  readonly library: string
  readonly loginCode: string
}

const readyEvent = ({ controlUrl, endpoint }: Sandbox): SandboxReady => ({
  event: "sandbox.ready",
  url: controlUrl,
  telegramPort: endpoint.port,
  library: endpoint.library,
  loginCode: endpoint.loginCode,
})

const announce = (ready: SandboxReady, jsonFile: string | undefined): void => {
  const line = `${JSON.stringify(ready)}\n`
  if (jsonFile !== undefined) writeFileSync(jsonFile, line)
  process.stdout.write(line)
  // The callback takes the error of a parent that has gone; its absence is noticed by "disconnect".
  process.send?.(ready, undefined, undefined, () => undefined)
}

/** Completes when the parent that started this process with a channel has gone; never without such a parent. */
const parentGone = Effect.callback<void>((resume) => {
  if (process.send === undefined) return
  if (!process.connected) resume(Effect.void)
  process.once("disconnect", () => resume(Effect.void))
})

const run = (options: SandboxOptions, jsonFile: string | undefined) =>
  Effect.scoped(
    Effect.gen(function* () {
      const sandbox = yield* Effect.acquireRelease(
        Effect.tryPromise({ try: () => startSandbox(options), catch: (cause) => cause }),
        (opened) => Effect.promise(() => opened.close()),
      )
      announce(readyEvent(sandbox), jsonFile)
      yield* parentGone
    }),
  ).pipe(
    Effect.catch((error) =>
      Effect.sync(() => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
        process.exitCode = 1
      }),
    ),
  )

const command = Command.make(
  "sandbox",
  {
    world: Flag.String("world").pipe(Flag.withDescription("JSON file with the accounts, channels and messages")),
    port: Flag.Int("port").pipe(
      Flag.withDefault(0),
      Flag.withDescription("Port of the control interface; 0 takes any free one"),
    ),
    telegramPort: Flag.Int("telegram-port").pipe(
      Flag.withDefault(0),
      Flag.withDescription("Port of Telegram itself; 0 takes any free one"),
    ),
    state: Flag.String("state").pipe(
      Flag.optional,
      Flag.withDescription("Directory that keeps everything over restarts"),
    ),
    libraryDir: Flag.String("library-dir").pipe(
      Flag.optional,
      Flag.withDescription("Directory that keeps the patched TDLib and the server's key"),
    ),
    pageLimit: Flag.Int("page-limit").pipe(
      Flag.optional,
      Flag.withDescription("How many messages a history or search answer holds at most"),
    ),
    json: Flag.String("json").pipe(Flag.optional, Flag.withDescription("File for the line that says it is ready")),
  },
  ({ world, port, telegramPort, state, libraryDir, pageLimit, json }) =>
    run(
      {
        world,
        controlPort: port,
        telegramPort,
        ...Option.match(state, { onNone: () => ({}), onSome: (stateDirectory) => ({ stateDirectory }) }),
        ...Option.match(libraryDir, { onNone: () => ({}), onSome: (libraryDirectory) => ({ libraryDirectory }) }),
        ...Option.match(pageLimit, { onNone: () => ({}), onSome: (limit) => ({ pageLimit: limit }) }),
      },
      Option.getOrUndefined(json),
    ),
).pipe(Command.withDescription("A local Telegram for the real TDLib, on loopback, without credentials"))

NodeRuntime.runMain(
  Command.runWith(command, { version: "0.1.0" })(process.argv.slice(2)).pipe(Effect.provide(NodeServices.layer)),
  {
    // Being asked to stop is the ordinary end of a sandbox, so a signal ends it with 0 and not with the signal's number.
    teardown: (exit, onExit) => {
      const isFailure = Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)
      onExit(isFailure ? 1 : Number(process.exitCode ?? 0))
    },
  },
)
