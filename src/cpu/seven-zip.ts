/**
 * 7-Zip with limits, as a child process. Archives are hostile input and 7-Zip is native code: a crash, a hang or a bomb
 * in it must end a child, not this process. Where no child can be started, its WebAssembly does the same in a thread.
 */
import { type ChildProcess, spawn } from "node:child_process"
import type { Cancellation } from "./cancellation.ts"
import { type SevenZipEngine, SevenZipUnavailable, sevenZipEngine, sevenZipPath } from "./seven-zip-program.ts"
import { startWasm } from "./seven-zip-wasm.ts"

export { type SevenZipEngine, SevenZipUnavailable, sevenZipPath } from "./seven-zip-program.ts"

let hasLimiter = process.platform === "linux"

export interface SevenZipRun {
  readonly arguments: ReadonlyArray<string>
  readonly directory: string
  readonly wallMilliseconds: number
  /** Address space. A listing of 10,000 files takes 14 MiB, one of a million 200 MiB. */
  readonly memoryBytes: number
  /** Output beyond this many bytes ends it. */
  readonly maxOutputBytes: number
  /** Default: the program, where it can be started. */
  readonly engine?: SevenZipEngine
  readonly cancellation: Cancellation
  readonly onOutput: (chunk: Uint8Array) => void
}

export interface SevenZipExit {
  /** 7-Zip's code: 0 fine, 1 warnings, 2 errors, 8 out of memory; null when it did not come to its own end. */
  readonly code: number | null
  /** Why it was stopped before its end, if it was. */
  readonly stoppedBy: "nobody" | "time" | "output" | "limits"
  /** The first 8 KiB of its standard error. */
  readonly errors: string
}

const maxErrorBytes = 8 * 1024

/** How a child is started; what it may use up ends with it. */
export interface SevenZipStart {
  readonly arguments: ReadonlyArray<string>
  readonly directory: string
  readonly input: "ignore" | "pipe"
  readonly cpuSeconds: number
  readonly memoryBytes?: number
}

/** Memory of a run that names no limit. */
export const defaultMemoryBytes = 512 * 1024 ** 2

/**
 * Starts 7-Zip under limits of memory and CPU time, without core files, where the system has util-linux. The caller
 * ends it. Throws `SevenZipUnavailable`.
 */
export const spawnSevenZip = (options: SevenZipStart): ChildProcess => {
  const { arguments: args, cpuSeconds, directory, input, memoryBytes = defaultMemoryBytes } = options
  const limits = [`--as=${memoryBytes}`, `--cpu=${Math.ceil(cpuSeconds)}`, "--core=0"]
  const [command, rest] = hasLimiter ? ["prlimit", [...limits, sevenZipPath(), ...args]] : [sevenZipPath(), args]
  return spawn(command, rest, {
    cwd: directory,
    // Nothing may prompt for a password, and names are printed as UTF-8.
    stdio: [input, "pipe", "pipe"],
    env: { LC_ALL: "C.UTF-8", PATH: process.env["PATH"] ?? "/usr/bin:/bin" },
  })
}

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT"

/** 7-Zip at work, in whichever way. */
interface Running {
  /** Its code, or null when something else ended it. Rejects when it could not be started. */
  readonly ended: Promise<number | null>
  readonly kill: () => void
}

type Hear = (chunk: Uint8Array) => void

const startChild = (run: SevenZipRun, onOutput: Hear, onErrors: Hear): Running => {
  // The wall clock is the limit that matters; that of CPU time holds when this process is gone.
  const child = spawnSevenZip({ ...run, input: "ignore", cpuSeconds: 1 + run.wallMilliseconds / 1000 })
  child.stdout?.on("data", onOutput)
  child.stderr?.on("data", onErrors)
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject)
    child.once("close", resolve)
  })
  return { ended, kill: () => child.kill("SIGKILL") }
}

const startThread = (run: SevenZipRun, onOutput: Hear, onErrors: Hear): Running => {
  const started = startWasm({ ...run, onOutput, onErrors })
  // Nobody writes to it: it must not wait for input either.
  void started.endInput()
  return { ended: started.exit.then(({ code }) => code), kill: started.stop }
}

const follow = async (run: SevenZipRun): Promise<SevenZipExit> => {
  let stoppedBy: SevenZipExit["stoppedBy"] = "nobody"
  let outputBytes = 0
  let errors = ""
  let outputFailure: { readonly cause: unknown } | undefined
  const stop = (reason: SevenZipExit["stoppedBy"]) => {
    stoppedBy = reason
    running.kill()
  }
  const onOutput: Hear = (chunk) => {
    if (stoppedBy !== "nobody" || outputFailure !== undefined) return
    outputBytes += chunk.length
    if (outputBytes > run.maxOutputBytes) return stop("output")
    try {
      run.onOutput(chunk)
    } catch (cause) {
      outputFailure = { cause }
      running.kill()
    }
  }
  const onErrors: Hear = (chunk) => {
    if (errors.length < maxErrorBytes)
      errors += Buffer.from(chunk)
        .toString("utf8")
        .slice(0, maxErrorBytes - errors.length)
  }
  const start = (run.engine ?? sevenZipEngine()) === "program" ? startChild : startThread
  const running = start(run, onOutput, onErrors)
  const timer = setTimeout(() => stop("time"), run.wallMilliseconds)
  void run.cancellation.ended.then(running.kill)
  try {
    const code = await running.ended
    if (outputFailure !== undefined) throw outputFailure.cause
    // An end that is not its own and not ours is the kernel's (the CPU limit, a crash) or the machine's (a trap).
    return { code, stoppedBy: stoppedBy === "nobody" && code === null ? "limits" : stoppedBy, errors }
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Runs 7-Zip to its end. Throws `Cancelled` once the job is cancelled (after the child is gone),
 * `SevenZipUnavailable` when it cannot be started, and whatever `onOutput` throws.
 */
export const runSevenZip = async (run: SevenZipRun): Promise<SevenZipExit> => {
  run.cancellation.check()
  try {
    const exit = await follow(run)
    run.cancellation.check()
    return exit
  } catch (error) {
    if (!isMissing(error)) throw error
    if (!hasLimiter) throw new SevenZipUnavailable("7-Zip cannot be started", { cause: error })
    // Without util-linux the wall clock and the output limit still hold.
    hasLimiter = false
    return runSevenZip(run)
  }
}
