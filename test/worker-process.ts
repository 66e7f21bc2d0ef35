import { type ChildProcess, spawn } from "node:child_process"
import { closeSync, openSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { processesOf } from "./process-group.ts"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name)
  } catch {
    // Nobody is there any more.
  }
}

/** Workers that run; a campaign that is broken off takes them along. */
const running = new Set<Worker>()
process.on("exit", () => {
  for (const worker of running) signal(-worker.pid, "SIGKILL")
})

/** One worker, as `stash run` starts it: a process group with a data folder and a log of its own. */
export class Worker {
  readonly dataFolder: string
  readonly logFile: string
  #process: ChildProcess | undefined

  constructor(dataFolder: string, logFile: string) {
    this.dataFolder = dataFolder
    this.logFile = logFile
  }

  get isAlive(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** The supervisor's process id, which is its group's; -1 before the first start. */
  get pid(): number {
    return this.#process?.pid ?? -1
  }

  start(environment: Readonly<Record<string, string>>): void {
    const log = openSync(this.logFile, "a")
    this.#process = spawn(process.execPath, [main, "run"], {
      detached: true,
      stdio: ["ignore", log, log],
      env: { PATH: process.env["PATH"], STASH_DATA_DIR: this.dataFolder, STASH_CONSOLE_PORT: "off", ...environment },
    })
    closeSync(log)
    running.add(this)
    this.#process.once("exit", () => running.delete(this))
  }

  /** SIGKILL to the supervisor and all its cells. */
  async kill(): Promise<void> {
    if (this.pid < 0) return
    signal(-this.pid, "SIGKILL")
    await this.untilGone(10_000)
  }

  /** Stands still, with all its cells, as a machine that is suspended does; `thaw` lets it go on. */
  freeze(): void {
    signal(-this.pid, "SIGSTOP")
  }

  thaw(): void {
    signal(-this.pid, "SIGCONT")
  }

  /**
   * The way Docker stops it; resolves with the exit code, null when it had to be killed. A process that had not come to
   * listen for signals yet ends by SIGTERM itself, which is as good.
   */
  async stop(): Promise<number | null> {
    const worker = this.#process
    if (worker === undefined || !this.isAlive) return worker?.exitCode ?? null
    const exited = new Promise<number | null>((resolve) =>
      worker.once("exit", (code, by) => resolve(by === "SIGTERM" ? 0 : code)),
    )
    worker.kill("SIGTERM")
    const code = await Promise.race([exited, sleep(60_000, null, { ref: false })])
    if (code === null) await this.kill()
    return code
  }

  /** Processes of it that are still there. */
  get leftProcesses(): ReadonlyArray<number> {
    return processesOf(this.pid, this.dataFolder)
  }

  /** Waits until nothing of it runs, for at most this many milliseconds. */
  async untilGone(limit: number): Promise<void> {
    const isGone = () => !this.isAlive && this.leftProcesses.length === 0
    for (const end = performance.now() + limit; !isGone() && performance.now() < end; ) await sleep(30)
  }
}
