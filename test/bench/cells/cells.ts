/** `npm run bench -- --only cells`: what it costs that every account has a process of its own. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { childrenOf } from "../../process-group.ts"
import { cpuSecondsOf, treeOf, usageOf } from "../../process-usage.ts"
import { AccountLives } from "../../soak/account-lives.ts"
import { WorkerLog } from "../../soak/worker-log.ts"
import { until } from "../../until.ts"
import { WorkerStage } from "../../worker-stage.ts"
import { atMost, type BenchOptions, type BenchResult, seconds } from "../measure.ts"

const MEMORY_CELLS = 10
const PSS_LIMIT = 60
const IDLE_CELLS = 20
/** Of one core. */
const IDLE_LIMIT_PERCENT = 1
/** What an operator may have to wait for one account. */
const START_LIMIT_SECONDS = 5
const START_COUNTS = [5, 20] as const
/** After its first cycle an account still tidies up. */
const SETTLE_MILLISECONDS = 30_000
const PATIENCE = 300_000

/** A worker that rests for an hour between two cycles, and is told as it is when nobody debugs it. */
const settings = { WORKER_INTERVAL_MINUTES: "60" }

/** Follows the accounts from a start of the worker on, until all of them are at work or at rest after it. */
class Bench {
  readonly stage: WorkerStage
  readonly #log: WorkerLog
  #lives = new AccountLives()

  constructor(stage: WorkerStage) {
    this.stage = stage
    this.#log = new WorkerLog(stage.worker.logFile)
  }

  /** Starts the worker; seconds until the last account is as wanted. */
  async start(isReached: (state: string) => boolean): Promise<number> {
    this.#lives = new AccountLives()
    this.stage.startWorker(settings)
    return seconds(() => this.#untilAll(isReached))
  }

  async #untilAll(isReached: (state: string) => boolean): Promise<void> {
    const areAll = () => {
      this.#lives.hear(this.#log.read())
      const states = [...this.#lives.accounts.values()].map(({ state }) => state)
      return states.length === this.stage.accounts && states.every(isReached)
    }
    if (!(await until(PATIENCE, areAll, 20))) throw new Error("the accounts did not come to work")
  }

  untilIdle(): Promise<void> {
    return this.#untilAll((state) => state === "idle")
  }

  get cells(): ReadonlyArray<number> {
    return childrenOf(this.stage.worker.pid, "warden.ts")
  }
}

const withBench = async <A>(accounts: number, use: (bench: Bench) => Promise<A>): Promise<A> => {
  const folder = mkdtempSync(join(tmpdir(), "stash-bench-"))
  const stage = await WorkerStage.start(folder, accounts)
  try {
    return await use(new Bench(stage))
  } finally {
    await stage.close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

const isAtWork = (state: string): boolean => state === "ingesting" || state === "idle"

/** Seconds from the start of a worker to the last account at work, logged in before; so many times. */
const startTimes = (accounts: number, runs: number): Promise<ReadonlyArray<number>> =>
  withBench(accounts, async (bench) => {
    await bench.start((state) => state === "idle")
    const times: Array<number> = []
    for (let run = 0; run < runs; run++) {
      await bench.stage.worker.stop()
      times.push(await bench.start(isAtWork))
      await bench.untilIdle()
    }
    return times
  })

const memory = (accounts: number): Promise<BenchResult> =>
  withBench(accounts, async (bench) => {
    // The second life is what all others are like: nobody logs in, and nothing is compiled.
    await bench.start((state) => state === "idle")
    await bench.stage.worker.stop()
    await bench.start((state) => state === "idle")
    await sleep(SETTLE_MILLISECONDS)
    const sizes = bench.cells.map((pid) => usageOf(pid).pssMb)
    return atMost(
      `Memory (PSS) of an idle cell, ${accounts} logged in`,
      "MiB",
      sizes,
      "the goal",
      PSS_LIMIT,
      "/proc/PID/smaps_rollup of every cell",
    )
  })

/** Percent of a core that each part takes while nothing happens. */
const idleCpu = (accounts: number, milliseconds: number): Promise<ReadonlyArray<BenchResult>> =>
  withBench(accounts, async (bench) => {
    await bench.start((state) => state === "idle")
    await sleep(SETTLE_MILLISECONDS)
    const parts = {
      "the supervisor": [bench.stage.worker.pid],
      "the cells": bench.cells,
      Postgres: treeOf(bench.stage.database.processId).map(({ pid }) => pid),
    }
    const all = Object.values(parts).flat()
    const before = Object.values(parts).map(cpuSecondsOf)
    const elapsed = await seconds(() => sleep(milliseconds))
    const percents = Object.values(parts).map(
      (pids, index) => (100 * (cpuSecondsOf(pids) - (before[index] ?? 0))) / elapsed,
    )
    const result = (whose: string, percent: number) =>
      atMost(
        `Processor while nothing happens, ${accounts} accounts: ${whose}`,
        "% of a core",
        [percent],
        "the goal for all together",
        IDLE_LIMIT_PERCENT,
        `/proc/PID/stat of ${all.length} processes, for ${Math.round(elapsed)} s`,
      )
    return [
      result(
        "all together",
        percents.reduce((sum, one) => sum + one, 0),
      ),
      ...Object.keys(parts).map((whose, index) => result(whose, percents[index] ?? Number.NaN)),
    ]
  })

export const benchCells = async ({ quick }: BenchOptions): Promise<ReadonlyArray<BenchResult>> => {
  const runs = quick ? 1 : 3
  const [memoryCells, idleCells, counts] = quick ? [3, 5, [3]] : [MEMORY_CELLS, IDLE_CELLS, START_COUNTS]
  const results = [await memory(memoryCells), ...(await idleCpu(idleCells, quick ? 20_000 : 120_000))]
  const one = await startTimes(1, runs)
  const command = "from the start of `stash run` to the last account at work, logged in before"
  results.push(atMost("Start with 1 account", "s", one, "the goal", START_LIMIT_SECONDS, command))
  for (const count of counts) {
    const times = await startTimes(count, runs)
    const name = `Start with ${count} accounts`
    results.push(atMost(name, "s", times, "one after the other", count * Math.min(...one), command))
  }
  return results
}
