import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Effect, Schema } from "effect"
import { Command } from "effect/cli"
import { SANDBOX_ENVIRONMENT, SANDBOX_NODE_FLAGS } from "../sandbox/node-flags.ts"
import { SANDBOX_DESCRIPTION, sandboxFlags } from "../sandbox/sandbox-flags.ts"

/** Thrown when: the sandbox ended by itself, and not well; it has said why. */
export class SandboxEnded extends Schema.TaggedError<SandboxEnded>()("SandboxEnded", { how: Schema.String }) {
  override get message(): string {
    return `the sandbox ended with ${this.how}`
  }
}

const sandboxFile = fileURLToPath(new URL("../sandbox/main.ts", import.meta.url))

/** Runs the sandbox as a process of its own, which ends with this one, until it ends or is stopped. */
const runSandbox = (args: ReadonlyArray<string>) =>
  Effect.callback<void, SandboxEnded>((resume) => {
    const child = fork(sandboxFile, [...args], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      execArgv: SANDBOX_NODE_FLAGS,
      // Ctrl-C is for this process, which stops it; when this one is killed, the channel's end stops it.
      detached: true,
      env: { ...process.env, ...SANDBOX_ENVIRONMENT },
    })
    const exited = new Promise<void>((resolve) => {
      child.once("exit", (code, signal) => {
        resume(code === 0 ? Effect.void : new SandboxEnded({ how: signal ?? `code ${code}` }))
        resolve()
      })
    })
    child.once("error", (error) => resume(new SandboxEnded({ how: error.message })))
    return Effect.suspend(() => {
      child.kill("SIGTERM")
      const kill = Effect.sync(() => void child.kill("SIGKILL"))
      return Effect.timeoutOrElse(
        Effect.promise(() => exited),
        { duration: "10 seconds", orElse: () => kill },
      )
    })
  })

/** `stash sandbox`: the local Telegram, as npm run sandbox starts it. */
export const sandboxCommand = Command.make("sandbox", sandboxFlags, () => runSandbox(process.argv.slice(3))).pipe(
  Command.withDescription(SANDBOX_DESCRIPTION),
  Command.withExamples([
    { command: "stash sandbox", description: "a small world of its own, until Ctrl-C" },
    { command: "stash sandbox --world world.json --state ./sandbox-state", description: "a world that is kept" },
  ]),
)
