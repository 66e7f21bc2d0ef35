import { performance } from "node:perf_hooks"
import { Effect } from "effect"
import packageFile from "../../package.json" with { type: "json" }
import type { Config } from "../config.ts"
import { CpuPool } from "../cpu/pool.ts"
import { DiskRoom } from "../disk-room.ts"
import type { EventLoopReport } from "./event-loop.ts"
import { liveness, readiness } from "./health.ts"
import { gauge, total } from "./looked-up.ts"
import { openDescriptors, residentBytes } from "./process-facts.ts"

const live = gauge("stash_live", "1 when /health/live says so")
const ready = gauge("stash_ready", "1 when /health/ready says so")
const databaseUp = gauge("stash_database_up", "1 when the database answers")
const poolThreads = gauge("stash_pool_threads", "Threads that the CPU pool may have")
const poolRunning = gauge("stash_pool_jobs_running", "Jobs that have a thread of the CPU pool")
const poolQueued = gauge("stash_pool_jobs_queued", "Jobs that wait for a thread of the CPU pool")
const poolCompleted = total("stash_pool_jobs_completed_total", "Jobs that have left the CPU pool")
const diskFree = gauge("stash_disk_free_bytes", "Bytes that are free where a folder of the worker lies")
const loopDelay = gauge(
  "stash_event_loop_delay_seconds",
  "How late timers of the supervisor fired since the last scrape",
)
const loopUtilisation = gauge(
  "stash_event_loop_utilisation",
  "The share of the time since the last scrape in which the supervisor's event loop was busy",
)
const memory = gauge("process_resident_memory_bytes", "Resident memory of the supervisor's process")
const processor = total("process_cpu_seconds_total", "Processor time of the supervisor's process and its CPU pool")
const started = gauge("process_start_time_seconds", "When the supervisor's process was started, as Unix time")
const descriptors = gauge("process_open_fds", "Files and sockets that the supervisor's process has open")
const build = gauge("stash_build_info", "1, with the versions of the worker and of Node")

const gaugeHealth = Effect.gen(function* () {
  const { isDatabaseUp, reasons } = yield* readiness
  yield* ready(reasons.length === 0 ? 1 : 0)
  yield* databaseUp(isDatabaseUp ? 1 : 0)
  yield* live((yield* liveness).reasons.length === 0 ? 1 : 0)
})

const gaugePool = Effect.gen(function* () {
  const { completed, queued, running, threads } = yield* (yield* CpuPool).stats
  yield* poolThreads(threads)
  yield* poolRunning(running)
  yield* poolQueued(queued)
  yield* poolCompleted(completed)
})

const gaugeDisk = Effect.fnUntraced(function* ({ dataDirectory, tdlibDirectory, tempDirectory }: Config) {
  const roomOf = yield* DiskRoom
  const folders = { data: dataDirectory, tdlib: tdlibDirectory, temp: tempDirectory }
  for (const [folder, path] of Object.entries(folders)) {
    const free = yield* Effect.option(Effect.tryPromise(() => roomOf(path)))
    if (free._tag === "Some") yield* diskFree(free.value, { folder })
  }
})

const gaugeProcess = Effect.fnUntraced(function* ({ delay, utilisation }: EventLoopReport) {
  yield* loopDelay(delay.median, { statistic: "median" })
  yield* loopDelay(delay.p99, { statistic: "p99" })
  yield* loopDelay(delay.longest, { statistic: "longest" })
  yield* loopUtilisation(utilisation)
  yield* memory(yield* residentBytes(process.pid))
  const { system, user } = process.cpuUsage()
  yield* processor((system + user) / 1e6)
  yield* started(performance.timeOrigin / 1000)
  yield* descriptors(yield* openDescriptors)
  yield* build(1, { version: packageFile.version, node: process.versions.node })
})

/** How the worker itself is now. */
export const gaugeWorker = Effect.fnUntraced(function* (config: Config, eventLoop: EventLoopReport) {
  yield* gaugeHealth
  yield* gaugePool
  yield* gaugeDisk(config)
  yield* gaugeProcess(eventLoop)
})
