import { writeFileSync } from "node:fs"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { defaultWorld } from "./default-world.ts"
import { type Sandbox, type SandboxOptions, startSandbox } from "./sandbox.ts"
import { SANDBOX_DESCRIPTION, sandboxFlags } from "./sandbox-flags.ts"
import { welcome } from "./welcome.ts"
import { loadWorld } from "./world.ts"

/**
 * What a ready sandbox tells: one line on standard output (words for people when that is a terminal), the --json file,
 * and a message to a parent process.
 */
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

const announce = (sandbox: Sandbox, options: SandboxOptions, jsonFile: string | undefined): void => {
  const ready = readyEvent(sandbox)
  const line = `${JSON.stringify(ready)}\n`
  if (jsonFile !== undefined) writeFileSync(jsonFile, line)
  process.stdout.write(process.stdout.isTTY ? welcome(loadWorld(options.world).world, sandbox) : line)
  // The callback takes the error of a parent that has gone; its absence is noticed by "disconnect".
  process.send?.(ready, undefined, undefined, () => undefined)
}

/** Completes when the parent that started this process with a channel has gone; never without such a parent. */
const parentGone = Effect.callback<void>((resume) => {
  if (process.send === undefined) return
  if (!process.connected) resume(Effect.void)
  const gone = () => resume(Effect.void)
  process.once("disconnect", gone)
  // As long as somebody listens, the channel keeps the process alive.
  return Effect.sync(() => process.off("disconnect", gone))
})

const run = (options: SandboxOptions, jsonFile: string | undefined, seconds: number | undefined) =>
  Effect.scoped(
    Effect.gen(function* () {
      const sandbox = yield* Effect.acquireRelease(
        Effect.tryPromise({ try: () => startSandbox(options), catch: (cause) => cause }),
        (opened) => Effect.promise(() => opened.close()),
      )
      announce(sandbox, options, jsonFile)
      yield* seconds === undefined ? parentGone : Effect.raceFirst(parentGone, Effect.sleep(seconds * 1000))
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
  sandboxFlags,
  ({ world, port, telegramPort, state, libraryDir, pageLimit, keepUploads, seconds, json }) =>
    run(
      {
        world: Option.getOrElse(world, () => defaultWorld),
        controlPort: port,
        telegramPort,
        keepUploads,
        ...Option.match(state, { onNone: () => ({}), onSome: (stateDirectory) => ({ stateDirectory }) }),
        ...Option.match(libraryDir, { onNone: () => ({}), onSome: (libraryDirectory) => ({ libraryDirectory }) }),
        ...Option.match(pageLimit, { onNone: () => ({}), onSome: (limit) => ({ pageLimit: limit }) }),
      },
      Option.getOrUndefined(json),
      Option.getOrUndefined(seconds),
    ),
).pipe(Command.withDescription(SANDBOX_DESCRIPTION))

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
