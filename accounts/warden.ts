/**
 * The main thread of an account cell. It owns no TDLib: it passes frames between the supervisor and the actor, watches
 * that the actor's event loop turns, closes it orderly, and says why the cell ends before it ends.
 */
import { writeSync } from "node:fs"
import { Worker } from "node:worker_threads"
import type { Frame } from "../src/channel/frame.ts"
import type { CellConfig, EndReason, WardenMessage } from "../src/channel/warden-messages.ts"
import {
  isActorReport,
  isSupervisorMessage,
  memoryLimitsOf,
  nameOf,
  WARDEN_BEAT_SECONDS,
} from "../src/channel/warden-reading.ts"

/** Without a sign of life for this long the actor counts as hung. Its start, with all imports, may take longer. */
const HUNG_AFTER_MILLIS = 30_000
const START_LIMIT_MILLIS = 60_000
/** An orderly close must flush TDLib's databases; after this long it is cut short. */
const CLOSE_LIMIT_MILLIS = 25_000

const post = (frame: Frame): void => {
  // A callback, because without one a send after the supervisor is gone raises an uncaughtException.
  if (process.connected) process.send?.(frame, undefined, {}, () => {})
}
const tellSupervisor = (message: WardenMessage): void => post({ stream: "warden", body: message })

/**
 * Ends the process. Always by SIGKILL: with a live TDLib the status of process.exit is luck (facts/cell.md, rule 1).
 * The reason goes out twice, over the channel and over standard error, for the case that the channel is gone.
 */
const end = (reason: EndReason): void => {
  try {
    writeSync(2, `${JSON.stringify({ event: "cell.ended", reason })}\n`)
  } catch {
    // A supervisor that is gone has closed the pipe; the process must end all the same.
  }
  const die = () => process.kill(process.pid, "SIGKILL")
  if (!process.connected) {
    die()
    return
  }
  process.send?.({ stream: "warden", body: { _tag: "Ended", reason } satisfies WardenMessage }, undefined, {}, () =>
    die(),
  )
  setTimeout(die, 1_000)
}

class Actor {
  readonly #memory: CellConfig["memory"] | undefined
  #isHeavy = false
  readonly #worker: Worker
  #lastBeat = Date.now()
  #silenceLimit = START_LIMIT_MILLIS
  #closing = false

  constructor(config: unknown) {
    this.#memory = memoryLimitsOf(config)
    this.#worker = new Worker(new URL("./actor.ts", import.meta.url), { workerData: config, name: "actor" })
    this.#worker.on("message", (message) => this.#hear(message))
    this.#worker.on("error", (error) => end({ _tag: "Failed", message: `the actor died: ${error}` }))
    this.#worker.on("exit", (code) => end({ _tag: "Failed", message: `the actor ended by itself with code ${code}` }))
    setInterval(() => this.#watch(), 1_000)
    setInterval(() => tellSupervisor({ _tag: "Beat" }), WARDEN_BEAT_SECONDS * 1_000)
  }

  pass(frame: unknown): void {
    this.#worker.postMessage(frame)
  }

  close(): void {
    if (this.#closing) return
    this.#closing = true
    this.pass({ stream: "warden", body: { _tag: "Close" } })
    setTimeout(() => end({ _tag: "Failed", message: "the orderly close took too long" }), CLOSE_LIMIT_MILLIS)
  }

  #hear(message: { stream?: unknown; body?: unknown }): void {
    if (message.stream !== "warden") post(message as Frame)
    else this.#hearReport(message.body)
  }

  #hearReport(body: unknown): void {
    if (!isActorReport(body)) {
      end({ _tag: "Failed", message: `unknown report of the actor: ${nameOf(body)}` })
      return
    }
    this.#lastBeat = Date.now()
    if (body._tag === "Ready") {
      this.#silenceLimit = HUNG_AFTER_MILLIS
      tellSupervisor({ _tag: "Ready" })
    }
    if (body._tag === "Ended") end(body.reason)
  }

  #watch(): void {
    const silentMillis = Date.now() - this.#lastBeat
    if (silentMillis > this.#silenceLimit) end({ _tag: "Hung", silentMillis })
    if (this.#memory !== undefined) this.#weigh(process.memoryUsage.rss(), this.#memory)
  }

  #weigh(residentBytes: number, { hardBytes, softBytes }: CellConfig["memory"]): void {
    if (residentBytes > hardBytes) {
      const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20)
      end({
        _tag: "Failed",
        message: `it took ${mebibytes(residentBytes)} MiB of memory, more than ${mebibytes(hardBytes)}`,
      })
    } else if (residentBytes > softBytes && !this.#isHeavy) {
      this.#isHeavy = true
      tellSupervisor({ _tag: "Heavy", residentBytes })
    }
  }
}

let actor: Actor | undefined

const obey = (body: unknown): void => {
  if (!isSupervisorMessage(body)) end({ _tag: "Failed", message: `unknown message of the supervisor: ${nameOf(body)}` })
  else if (body._tag === "Start") actor ??= new Actor(body.config)
  else if (actor === undefined) end({ _tag: "Closed" })
  else actor.close()
}

process.on("message", (frame: { stream?: unknown; body?: unknown }) =>
  frame.stream === "warden" ? obey(frame.body) : actor?.pass(frame),
)
// A cell whose supervisor is gone closes itself.
process.on("disconnect", () => (actor === undefined ? end({ _tag: "Closed" }) : actor.close()))
process.on("uncaughtException", (error) => end({ _tag: "Failed", message: `the warden failed: ${error.stack}` }))
process.on("unhandledRejection", (error) => end({ _tag: "Failed", message: `the warden failed: ${error}` }))
// A terminal's Ctrl-C reaches every process of the group; the supervisor decides when a cell closes.
process.on("SIGINT", () => {})
process.on("SIGTERM", () => actor?.close())
