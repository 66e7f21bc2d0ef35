/**
 * The main thread of an account cell. It owns no TDLib: it passes frames between the supervisor and the actor, watches
 * that the actor's event loop turns, closes it orderly, and says why the cell ends before it ends.
 */
import { writeSync } from "node:fs"
import { Worker } from "node:worker_threads"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { type Frame, type FramePort, type MalformedMessage, makeFramePort } from "../src/channel/frame.ts"
import { malformedLine } from "../src/channel/malformed-line.ts"
import {
  type ActorOrder,
  ActorReport,
  CellConfig,
  CHANNEL_VERSION,
  type EndReason,
  SupervisorMessage,
  WARDEN_BEAT_SECONDS,
  type WardenMessage,
} from "../src/channel/warden-messages.ts"

/** Without a sign of life for this long the actor counts as hung. Its start, with all imports, may take longer. */
const HUNG_AFTER_MILLIS = 30_000
const START_LIMIT_MILLIS = 60_000
/** How often the silence of the actor and the size of the process are looked at. */
const WATCH_MILLIS = 2_000
/** An orderly close must flush TDLib's databases; after this long it is cut short. */
const CLOSE_LIMIT_MILLIS = 25_000

const post = (frame: Frame): void => {
  // A callback, because without one a send after the supervisor is gone raises an uncaughtException.
  if (process.connected) process.send?.(frame, undefined, {}, () => {})
}
const tellSupervisor = (message: WardenMessage): void => post({ stream: "warden", body: message })

/** What is no message is said and dropped: whoever waits for one has a limit of its own. */
const reportMalformed = (from: string) => (error: MalformedMessage) =>
  post({ stream: "log", body: malformedLine(from, error) })

const supervisor: FramePort = makeFramePort(
  post,
  (listener) => process.on("message", listener),
  reportMalformed("the supervisor"),
)

/** What the warden passes on, either way. */
const passed = ["commands", "requests", "log", "measurements"] as const
const passOn = (from: FramePort, to: FramePort): void => {
  for (const stream of passed) from.listen(stream, Schema.Unknown, (body) => to.post({ stream, body }))
}

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

/** The memory limits of the start message; none when it cannot be read: the actor will say what is wrong with it. */
const memoryLimitsOf = (config: unknown): CellConfig["memory"] | undefined => {
  const decoded = Schema.decodeUnknownExit(CellConfig)(config)
  return Exit.isSuccess(decoded) ? decoded.value.memory : undefined
}

class Actor {
  readonly #memory: CellConfig["memory"] | undefined
  #isHeavy = false
  readonly #port: FramePort
  #lastBeat = Date.now()
  #silenceLimit = START_LIMIT_MILLIS
  #closing = false

  constructor(config: unknown) {
    this.#memory = memoryLimitsOf(config)
    const worker = new Worker(new URL("./actor.ts", import.meta.url), { workerData: config, name: "actor" })
    this.#port = makeFramePort(
      (frame) => worker.postMessage(frame),
      (listener) => worker.on("message", listener),
      reportMalformed("the actor"),
    )
    this.#port.listen("warden", ActorReport, (report) => this.#hear(report))
    passOn(this.#port, supervisor)
    passOn(supervisor, this.#port)
    worker.on("error", (error) => end({ _tag: "Failed", message: `the actor died: ${error}` }))
    worker.on("exit", (code) => end({ _tag: "Failed", message: `the actor ended by itself with code ${code}` }))
    setInterval(() => this.#watch(), WATCH_MILLIS)
    setInterval(() => tellSupervisor({ _tag: "Beat" }), WARDEN_BEAT_SECONDS * 1_000)
  }

  close(): void {
    if (this.#closing) return
    this.#closing = true
    this.#port.post({ stream: "warden", body: { _tag: "Close" } satisfies ActorOrder })
    setTimeout(() => end({ _tag: "Failed", message: "the orderly close took too long" }), CLOSE_LIMIT_MILLIS)
  }

  #hear(report: ActorReport): void {
    this.#lastBeat = Date.now()
    if (report._tag === "Ready") {
      this.#silenceLimit = HUNG_AFTER_MILLIS
      tellSupervisor({ _tag: "Ready" })
    }
    if (report._tag === "Ended") end(report.reason)
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

supervisor.listen("warden", SupervisorMessage, (message) => {
  if (message._tag === "Close") return actor === undefined ? end({ _tag: "Closed" }) : actor.close()
  const { config, version } = message
  if (version !== CHANNEL_VERSION) end({ _tag: "Outdated", supervisor: version, cell: CHANNEL_VERSION })
  else actor ??= new Actor(config)
})
// A cell whose supervisor is gone closes itself.
process.on("disconnect", () => (actor === undefined ? end({ _tag: "Closed" }) : actor.close()))
process.on("uncaughtException", (error) => end({ _tag: "Failed", message: `the warden failed: ${error.stack}` }))
process.on("unhandledRejection", (error) => end({ _tag: "Failed", message: `the warden failed: ${error}` }))
// A terminal's Ctrl-C reaches every process of the group; the supervisor decides when a cell closes.
process.on("SIGINT", () => {})
process.on("SIGTERM", () => actor?.close())
