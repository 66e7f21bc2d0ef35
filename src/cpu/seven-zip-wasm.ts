/**
 * 7-Zip as WebAssembly, for machines on which its program cannot be started: no executable for the platform, or a system
 * that forbids to run one. Slower (half a second instead of a tenth for 10,000 entries) and an older version, but with
 * the same formats, options and output.
 */
import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { Worker } from "node:worker_threads"
import { SevenZipUnavailable } from "./seven-zip-program.ts"
import {
  endInput,
  giveRoom,
  makeInput,
  makeRoom,
  putInput,
  type WasmMessage,
  type WasmTask,
} from "./seven-zip-wasm-protocol.ts"

/** 7-Zip 24.09 as published in 7z-wasm 1.2.0. */
const wasmSha256 = "e16c6997e2eaa89575c0dd1f305074be629c3f4d87246244d37fd19debc8a285"

let verifiedPath: string | undefined

/** The path of the WebAssembly. Its digest is checked the first time; throws `SevenZipUnavailable` when it is another. */
const wasmPath = (): string => {
  if (verifiedPath !== undefined) return verifiedPath
  const path = createRequire(import.meta.url).resolve("7z-wasm/7zz.wasm")
  if (createHash("sha256").update(readFileSync(path)).digest("hex") !== wasmSha256)
    throw new SevenZipUnavailable(`the 7-Zip at ${path} is not the pinned one`)
  verifiedPath = path
  return path
}

export interface WasmStart {
  readonly arguments: ReadonlyArray<string>
  /** Its entries are the files that may be opened; null = none. */
  readonly directory: string | null
  readonly memoryBytes: number
  /** The chunk is the hearer's to keep. */
  readonly onOutput: (chunk: Uint8Array) => void
  readonly onErrors: (chunk: Uint8Array) => void
}

export interface WasmRun {
  /**
   * How it ended: 7-Zip's code; null when it broke off (`hasEnded`: a trap, such as memory that was refused; otherwise
   * it was stopped, or used up its thread's own memory).
   */
  readonly exit: Promise<{ readonly code: number | null; readonly hasEnded: boolean }>
  /** Hands standard input over; ends when there is room for more. */
  readonly write: (chunk: Uint8Array) => Promise<void>
  readonly endInput: () => Promise<void>
  /** Ends the thread within milliseconds, whatever it does; `exit` is fulfilled then. */
  readonly stop: () => void
}

/** Starts 7-Zip in a thread of its own. */
export const startWasm = ({ arguments: args, directory, memoryBytes, onErrors, onOutput }: WasmStart): WasmRun => {
  const room = makeRoom()
  const input = makeInput()
  const task: WasmTask = {
    wasmPath: wasmPath(),
    arguments: args,
    memoryBytes,
    files: directory === null ? [] : readdirSync(directory).map((name) => ({ name, path: join(directory, name) })),
    room,
    input,
  }
  const thread = new Worker(new URL("./seven-zip-wasm-thread.ts", import.meta.url), {
    workerData: task,
    // The archive's memory is bounded by `memoryBytes`; this is for the code around it.
    resourceLimits: { maxOldGenerationSizeMb: 64 },
    execArgv: ["--no-warnings"],
  })
  const exit = new Promise<{ readonly code: number | null; readonly hasEnded: boolean }>((resolve) => {
    let ended: { readonly code: number | null; readonly hasEnded: boolean } = { code: null, hasEnded: false }
    thread.on("message", (message: WasmMessage) => {
      if (message.stream === "end") {
        ended = { code: message.code, hasEnded: true }
        return
      }
      const chunk = message.chunk.subarray(0, message.length)
      if (message.stream === "output") onOutput(chunk)
      else onErrors(chunk)
      giveRoom(room)
    })
    // An uncaught error ends the thread, too.
    thread.on("error", () => {})
    thread.on("exit", () => resolve(ended))
  })
  return {
    exit,
    write: (chunk) => putInput(input, chunk),
    endInput: () => endInput(input),
    stop: () => void thread.terminate(),
  }
}
