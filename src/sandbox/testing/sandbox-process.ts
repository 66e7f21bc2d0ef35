import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import type { SandboxReady } from "../main.ts"
import { SANDBOX_ENVIRONMENT, SANDBOX_NODE_FLAGS } from "../node-flags.ts"

/** A sandbox in a process of its own, for tests that kill it. */
export class SandboxProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  /** What it said when it was ready. */
  readonly ready: SandboxReady

  private constructor(child: ChildProcess, ready: SandboxReady) {
    this.#child = child
    this.ready = ready
  }

  /** Starts it with these command line arguments; rejects with what it printed when it ends instead of getting ready. */
  static async start(...args: readonly string[]): Promise<SandboxProcess> {
    const child = fork(new URL("../main.ts", import.meta.url), args, {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      execArgv: SANDBOX_NODE_FLAGS,
      env: { ...process.env, ...SANDBOX_ENVIRONMENT },
    })
    let stderr = ""
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text
    })
    const ended = once(child, "exit").then(() => Promise.reject(new Error(stderr)))
    const [ready] = await Promise.race([once(child, "message"), ended])
    return new SandboxProcess(child, ready as SandboxReady)
  }

  get processId(): number {
    return this.#child.pid ?? 0
  }

  /** Sends a signal, or just lets the channel go, and resolves with the exit code and signal. */
  async end(how: "SIGTERM" | "SIGKILL" | "disconnect"): Promise<readonly [number | null, NodeJS.Signals | null]> {
    const exited = this.ended()
    if (how === "disconnect") this.#child.disconnect()
    else this.#child.kill(how)
    return exited
  }

  /** Resolves with the exit code and signal when it has ended, by itself or not. */
  async ended(): Promise<readonly [number | null, NodeJS.Signals | null]> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "exit")
    return [this.#child.exitCode, this.#child.signalCode]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.end("SIGKILL")
  }
}
