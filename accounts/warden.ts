/**
 * The main thread of an account cell. It owns no TDLib: it passes frames between the supervisor and the actor, watches
 * that the actor's event loop turns, closes it orderly, and says why the cell ends before it ends.
 */
import { writeSync } from "node:fs"
import { Worker } from "node:worker_threads"
import { CHANNEL_VERSION } from "../src/channel/channel-version.ts"
import type { Frame } from "../src/channel/frame.ts"
import { malformedLine } from "../src/channel/malformed-line.ts"
import { WARDEN_BEAT_SECONDS } from "../src/channel/pulse.ts"
import type { ActorOrder, CellConfig, EndReason, WardenMessage } from "../src/channel/warden-messages.ts"
import { ACTOR_LOOK_SECONDS, ActorWatch, makeBeats } from "./actor-watch.ts"
import { MemoryWatch } from "./memory-watch.ts"
import { type Malformed, sortInto, type Tagged } from "./warden-hop.ts"

/** An orderly close must flush TDLib's databases; after this long it is cut short. */
const CLOSE_LIMIT_MILLIS = 25_000

const post = (frame: Frame): void => {
  // A callback, because without one a send after the supervisor is gone raises an uncaughtException.
  if (process.connected) process.send?.(frame, undefined, {}, () => {})
}
const tellSupervisor = (message: WardenMessage): void => post({ stream: "warden", body: message })

/** What is no message is said and dropped: whoever waits for one has a limit of its own. */
const reportMalformed = (from: string) => (malformed: Malformed) =>
  post({ stream: "log", body: malformedLine(from, malformed) })

/**
 * Ends the process. Always by SIGKILL: with a live TDLib the status of process.exit is luck (facts/cell.md, rule 1).
 * The reason goes out twice, over the channel and over standard error, for the case that the channel is gone.
 * `reason` is an {@link EndReason}: the actor's own is passed on as it came.
 */
const end = (reason: unknown): void => {
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
  process.send?.({ stream: "warden", body: { _tag: "Ended", reason } }, undefined, {}, () => die())
  setTimeout(die, 1_000)
}
const fail = (message: string): void => end({ _tag: "Failed", message } satisfies EndReason)

/** The memory limits of the start message; none when it has none: the actor will say what is wrong with it. */
const memoryLimitsOf = (config: unknown): CellConfig["memory"] | undefined => {
  const { hardBytes, softBytes } = (config as Partial<CellConfig> | undefined)?.memory ?? {}
  return typeof hardBytes === "number" && typeof softBytes === "number" ? { hardBytes, softBytes } : undefined
}

const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20)

class Actor {
  readonly #memory: MemoryWatch | undefined
  readonly #worker: Worker
  readonly #watch: ActorWatch
  #closing = false

  constructor(config: unknown) {
    const limits = memoryLimitsOf(config)
    this.#memory = limits && new MemoryWatch(limits)
    const beats = makeBeats()
    this.#watch = new ActorWatch(beats)
    this.#worker = new Worker(new URL("./start-actor.ts", import.meta.url), {
      workerData: { config, beats },
      name: "actor",
    })
    this.#worker.on(
      "message",
      sortInto({
        hear: (report) => this.#hear(report),
        passOn: post,
        onMalformed: reportMalformed("the actor"),
      }),
    )
    this.#worker.on("error", (error) => fail(`the actor died: ${error}`))
    this.#worker.on("exit", (code) => fail(`the actor ended by itself with code ${code}`))
    setInterval(() => this.#look(), ACTOR_LOOK_SECONDS * 1_000)
    setInterval(() => tellSupervisor({ _tag: "Beat" }), WARDEN_BEAT_SECONDS * 1_000)
  }

  tell(frame: Frame): void {
    this.#worker.postMessage(frame)
  }

  close(): void {
    if (this.#closing) return
    this.#closing = true
    this.tell({ stream: "warden", body: { _tag: "Close" } satisfies ActorOrder })
    setTimeout(() => fail("the orderly close took too long"), CLOSE_LIMIT_MILLIS)
  }

  #hear(report: Tagged): boolean {
    if (report._tag === "Ended") end(report["reason"])
    else if (report._tag === "Ready") {
      this.#watch.ready()
      this.#memory?.ready(process.memoryUsage.rss())
      tellSupervisor({ _tag: "Ready" })
    } else return false
    return true
  }

  #look(): void {
    const silentMillis = this.#watch.look()
    if (silentMillis !== undefined) end({ _tag: "Hung", silentMillis } satisfies EndReason)
    this.#weigh(process.memoryUsage.rss())
  }

  #weigh(residentBytes: number): void {
    const verdict = this.#memory?.look(residentBytes)
    if (verdict === "too large")
      fail(`it took ${mebibytes(residentBytes)} MiB of memory, more than STASH_CELL_HARD_MB allows`)
    else if (verdict === "heavy") tellSupervisor({ _tag: "Heavy", residentBytes })
  }
}

let actor: Actor | undefined

const close = (): void => (actor === undefined ? end({ _tag: "Closed" } satisfies EndReason) : actor.close())

const hearSupervisor = ({ _tag, config, version }: Tagged): boolean => {
  if (_tag === "Close") close()
  else if (_tag !== "Start" || typeof version !== "number") return false
  else if (version !== CHANNEL_VERSION)
    end({ _tag: "Outdated", supervisor: version, cell: CHANNEL_VERSION } satisfies EndReason)
  else actor ??= new Actor(config)
  return true
}

process.on(
  "message",
  sortInto({
    hear: hearSupervisor,
    passOn: (frame) => actor?.tell(frame),
    onMalformed: reportMalformed("the supervisor"),
  }),
)
// A cell whose supervisor is gone closes itself.
process.on("disconnect", close)
process.on("uncaughtException", (error) => fail(`the warden failed: ${error.stack}`))
process.on("unhandledRejection", (error) => fail(`the warden failed: ${error}`))
// A terminal's Ctrl-C reaches every process of the group; the supervisor decides when a cell closes.
process.on("SIGINT", () => {})
process.on("SIGTERM", () => actor?.close())
