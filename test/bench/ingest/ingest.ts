/** `npm run bench -- --only ingest`: how long it takes from the sources into the library, against bounds and other ways. */
import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { makeArchive } from "../../archive-files.ts"
import { atMost, type BenchOptions, type BenchResult, MEBIBYTE, median, speedResult } from "../measure.ts"
import { runMtcute } from "./mtcute-worker.ts"
import { runWorker } from "./our-worker.ts"
import { runOneAfterAnother, runTransfers } from "./plain-tdlib.ts"
import type { Outcome, Scene, Speed } from "./scene.ts"

/** As Telegram slows accounts down, about. */
const THROTTLED = 4 * MEBIBYTE
/** Slow enough that sixteen accounts are no more than two cores can do. */
const SLOW = MEBIBYTE / 2
const SLOW_ARCHIVES = 5
/** Over the bound, at most. */
const OVER_BOUND = 1.1
const LINEAR = 0.95
/** Of the time, in statements of the worker. */
const DATABASE_SHARE = 0.05
const RESCANNED = 50

const both = (bytesPerSecond: number): Speed => ({ up: bytesPerSecond, down: bytesPerSecond })
const speedOf = ({ bytes, seconds }: Outcome): number => bytes / seconds

/** All accounts read the one source. */
const shared = (accounts: number, speed: Speed, files: ReadonlyArray<string>): Scene => ({
  accounts,
  speed,
  sources: [files],
  reads: () => true,
})

const report = (result: BenchResult): BenchResult => {
  process.stderr.write(`  ${result.name}: ${result.value} ${result.unit} (${result.ratio})\n`)
  return result
}

const repeated = async <A>(runs: number, work: () => Promise<A>): Promise<ReadonlyArray<A>> => {
  const values: Array<A> = []
  for (let run = 0; run < runs; run++) values.push(await work())
  return values
}

/** Seconds against bytes / rate; both directions overlap when it is reached. */
const againstBound = (accounts: number, outcomes: ReadonlyArray<Outcome>, files: number): BenchResult => {
  const bound = median(outcomes.map(({ bytes }) => bytes)) / THROTTLED / accounts
  return report({
    ...atMost(
      `${files} archives of 4 MiB, ${accounts} account${accounts === 1 ? "" : "s, one source"}, at 4 MiB/s each way`,
      "s",
      outcomes.map(({ seconds }) => seconds),
      "bytes / rate, times 1.1",
      Number((bound * OVER_BOUND).toFixed(1)),
      "stash run, from the first cycle's beginning to the last set's end",
    ),
  })
}

const throttled = async (runs: number, files: ReadonlyArray<string>): Promise<ReadonlyArray<BenchResult>> => {
  const alone = await repeated(runs, () => runWorker(shared(1, both(THROTTLED), files)))
  const together = await repeated(runs, () => runWorker(shared(2, both(THROTTLED), files)))
  const others = {
    "one after another, with plain TDLib": runOneAfterAnother,
    "on mtcute": runMtcute,
  }
  const results = [againstBound(1, alone, files.length), againstBound(2, together, files.length)]
  results.push(
    report(
      atMost(
        "Bytes downloaded by two accounts that share a source",
        "of the archives' bytes",
        together.map(({ bytes, downloadedBytes }) => downloadedBytes / bytes),
        "every byte once, and answers' headers",
        1.01,
        "upload.getFile, counted by the sandbox",
      ),
    ),
    report(
      atMost(
        "Time in statements of the database, one account",
        "of the time",
        alone.map(({ databaseShare }) => databaseShare),
        "the goal",
        DATABASE_SHARE,
        "active_time of pg_stat_database",
      ),
    ),
  )
  for (const [name, run] of Object.entries(others)) {
    const theirs = await repeated(runs, () => run(shared(2, both(THROTTLED), files)))
    results.push(
      report(
        speedResult({
          name: `Two accounts, one source, at 4 MiB/s each way, against a worker ${name}`,
          limitName: `a worker ${name}`,
          bar: 1,
          command: "the same scene",
          pairs: together.map((ours, index) => [speedOf(ours), speedOf(theirs[index] ?? ours)] as const),
        }),
      ),
    )
  }
  return results
}

/** As many archives for each account, all in one source: with twice the accounts, the same time. */
const linear = async (
  runs: number,
  counts: ReadonlyArray<number>,
  archives: (count: number) => Promise<ReadonlyArray<string>>,
) => {
  const speeds = async (accounts: number) => {
    const files = await archives(accounts * SLOW_ARCHIVES)
    return (await repeated(runs, () => runWorker(shared(accounts, both(SLOW), files)))).map(speedOf)
  }
  const one = await speeds(1)
  const results: Array<BenchResult> = []
  for (const count of counts) {
    const many = await speeds(count)
    results.push(
      report(
        speedResult({
          name: `${count} accounts, one source, at 0.5 MiB/s each way`,
          limitName: `${count} times one account`,
          bar: LINEAR,
          command: "stash run",
          pairs: many.map((speed, index) => [speed, count * (one[index] ?? Number.NaN)] as const),
        }),
      ),
    )
  }
  return results
}

const unthrottled = async (
  runs: number,
  name: string,
  files: ReadonlyArray<string>,
  bar: number,
): Promise<ReadonlyArray<BenchResult>> => {
  const scene = shared(1, undefined, files)
  const rounds = await repeated(runs, async () => ({
    ours: speedOf(await runWorker(scene)),
    together: speedOf(await runTransfers(scene, "together")),
    inTurn: speedOf(await runTransfers(scene, "one after the other")),
  }))
  const result = (order: "together" | "inTurn", limitName: string, wanted: number) =>
    report(
      speedResult({
        name: `${name}, one account, no throttling, against ${limitName}`,
        limitName,
        bar: wanted,
        command: "downloadFile and sendMessage of plain TDLib",
        pairs: rounds.map((round) => [round.ours, round[order]] as const),
      }),
    )
  return [
    result("together", "TDLib's transfers alone, both ways at once", bar),
    result("inTurn", "TDLib's transfers alone, one way after the other", 1),
  ]
}

const rescans = async (runs: number, files: ReadonlyArray<string>, sources: number): Promise<BenchResult> => {
  const scene: Scene = {
    accounts: 1,
    speed: undefined,
    sources: Array.from({ length: sources }, (_, index) => [files[index % files.length] ?? ""]),
    reads: () => true,
  }
  const outcomes = await repeated(runs, () => runWorker(scene))
  const seconds = median(outcomes.map(({ rescan }) => rescan.seconds)).toFixed(2)
  const cpu = median(outcomes.map(({ rescan }) => rescan.cpuSeconds)).toFixed(2)
  return report(
    atMost(
      `Calls of a cycle that finds nothing new in ${sources} sources (${seconds} s, ${cpu} s of processor)`,
      "calls",
      outcomes.map(({ rescan }) => rescan.calls),
      "two for each source",
      2 * sources,
      "counted by the sandbox",
    ),
  )
}

export const benchIngest = async ({ quick }: BenchOptions): Promise<ReadonlyArray<BenchResult>> => {
  const folder = mkdtempSync(join(tmpdir(), "bench-archives-"))
  const made: Array<string> = []
  const archives = async (count: number): Promise<ReadonlyArray<string>> => {
    while (made.length < count)
      made.push(await makeArchive(folder, `Archive ${made.length + 1}.zip`, 4 * MEBIBYTE - 200))
    return made.slice(0, count)
  }
  try {
    const runs = quick ? 1 : 5
    const small = await archives(quick ? 10 : 40)
    const large: Array<string> = []
    for (let index = 0; index < (quick ? 2 : 6); index++)
      large.push(await makeArchive(folder, `Large ${index + 1}.zip`, 100 * MEBIBYTE))
    process.stderr.write(`  archives: ${small.length} of ${statSync(small[0] ?? "").size} bytes\n`)
    return [
      ...(await throttled(runs, small)),
      ...(await unthrottled(runs, `${large.length} archives of 100 MiB`, large, 0.9)),
      ...(await unthrottled(runs, `${small.length} archives of 4 MiB`, small, 0.8)),
      ...(await linear(quick ? 1 : 3, quick ? [2, 4] : [2, 4, 8, 16], archives)),
      await rescans(quick ? 1 : 3, small, RESCANNED),
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
