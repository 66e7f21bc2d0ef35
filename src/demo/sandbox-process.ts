import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Deferred, Effect, Exit, Schema } from "effect"
import { SANDBOX_ENVIRONMENT, SANDBOX_NODE_FLAGS } from "../sandbox/node-flags.ts"

/** Thrown when: the sandbox's process ended or did not become ready. */
export class SandboxFailed extends Schema.TaggedError<SandboxFailed>()("SandboxFailed", { reason: Schema.String }) {
  override get message(): string {
    return `the sandbox did not start: ${this.reason}`
  }
}

const ReadyMessage = Schema.Struct({ event: Schema.Literal("sandbox.ready"), url: Schema.String })
const isReady = Schema.is(ReadyMessage)

const sandboxFile = fileURLToPath(new URL("../sandbox/main.ts", import.meta.url))

/**
 * Starts the sandbox as a process of its own, with its state in `stateDirectory`, and stops it with the scope. Its copy
 * of TDLib lies in `libraryDirectory`: not in /tmp, which may be mounted noexec, and may be empty after a restart.
 * @returns the URL of its control interface
 */
export const startSandboxProcess = Effect.fn("startSandboxProcess")(function* (options: {
  readonly worldFile: string
  readonly stateDirectory: string
  readonly libraryDirectory: string
}) {
  const ready = yield* Deferred.make<string, SandboxFailed>()
  const errors: Array<string> = []
  const fail = (reason: string) =>
    Deferred.doneUnsafe(ready, Exit.fail(new SandboxFailed({ reason: [reason, ...errors].join("\n") })))
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      const { libraryDirectory, stateDirectory, worldFile } = options
      const places = ["--world", worldFile, "--state", stateDirectory, "--library-dir", libraryDirectory]
      const child = fork(sandboxFile, places, {
        stdio: ["ignore", "ignore", "pipe", "ipc"],
        execArgv: SANDBOX_NODE_FLAGS,
        env: { ...process.env, ...SANDBOX_ENVIRONMENT },
      })
      child.stderr?.setEncoding("utf8").on("data", (text: string) => {
        errors.push(text)
        errors.splice(0, errors.length - 20)
      })
      child.on("message", (message) => {
        if (isReady(message)) Deferred.doneUnsafe(ready, Exit.succeed(message.url))
      })
      child.on("error", (error) => fail(error.message))
      child.on("exit", (code, signal) => fail(`it ended with ${signal ?? `code ${code}`}`))
      return child
    }),
    (child) =>
      Effect.callback<void>((resume) => {
        if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
        child.on("exit", () => resume(Effect.void))
        child.kill("SIGTERM")
      }).pipe(Effect.timeoutOrElse({ duration: "10 seconds", orElse: () => Effect.sync(() => child.kill("SIGKILL")) })),
  )
  return yield* Deferred.await(ready).pipe(
    Effect.timeoutOrElse({
      duration: "60 seconds",
      orElse: () => Effect.fail(new SandboxFailed({ reason: "not ready within 60 s" })),
    }),
  )
})
