import {
  atMost,
  type BenchOptions,
  type Findings,
  MEBIBYTE,
  median,
  repeated,
  report,
  speedResult,
} from "../measure.ts"
import { MadeArchives } from "./made-archives.ts"
import { runMtcute } from "./mtcute-worker.ts"
import { runWorker } from "./our-worker.ts"
import { runOneAfterAnother } from "./plain-tdlib.ts"
import { bothWays, type Outcome, sharedSource, speedOf } from "./scene.ts"

/** As Telegram slows accounts down, about. */
const RATE = 4 * MEBIBYTE
/** Over the bound, at most. */
const OVER_BOUND = 1.1
/** Of the time, in statements of the worker. */
const DATABASE_SHARE = 0.05

const others = [
  { name: "one after another, with plain TDLib", run: runOneAfterAnother },
  { name: "on mtcute", run: runMtcute },
]

const boundOf = (accounts: number, outcomes: ReadonlyArray<Outcome>): number =>
  median(outcomes.map(({ bytes }) => bytes)) / RATE / accounts

const secondsOf = (outcomes: ReadonlyArray<Outcome>): number =>
  Number(median(outcomes.map(({ seconds }) => seconds)).toFixed(1))

/** Accounts that Telegram slows down: against bytes / rate, which both ways at once can reach, and against other workers. */
export const throttled = async ({ quick }: BenchOptions): Promise<Findings> => {
  using archives = new MadeArchives()
  const files = await archives.make(quick ? 10 : 40, 4)
  const runs = quick ? 1 : 5
  const scene = (accounts: number) => sharedSource(accounts, bothWays(RATE), files)
  const alone = await repeated(runs, () => runWorker(scene(1)))
  const together = await repeated(runs, () => runWorker(scene(2)))
  const againstBound = (accounts: number, outcomes: ReadonlyArray<Outcome>) =>
    report(
      atMost(
        `${files.length} archives of 4 MiB, ${accounts === 1 ? "1 account" : `${accounts} accounts, one source`}, at 4 MiB/s each way`,
        "s",
        outcomes.map(({ seconds }) => seconds),
        "bytes / rate, times 1.1",
        Number((boundOf(accounts, outcomes) * OVER_BOUND).toFixed(1)),
        "stash run, from the first cycle's beginning to the last set's end",
      ),
    )
  const results = [
    againstBound(1, alone),
    againstBound(2, together),
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
        "pg_stat_statements",
      ),
    ),
  ]
  const group = "2 accounts, one source"
  const bars = [
    { group: "1 account", who: "bytes / rate", value: Number(boundOf(1, alone).toFixed(1)) },
    { group: "1 account", who: "this worker", value: secondsOf(alone) },
    { group, who: "bytes / rate", value: Number(boundOf(2, together).toFixed(1)) },
    { group, who: "this worker", value: secondsOf(together) },
  ]
  // They wait for Telegram most of the time: two of them at once do not slow each other down.
  const theirs = await repeated(runs, () =>
    Promise.all(others.map(async ({ name, run }) => ({ name, outcome: await run(scene(2)) }))),
  )
  for (const { name } of others) {
    const outcomes = theirs.flatMap((round) => round.filter((one) => one.name === name).map(({ outcome }) => outcome))
    bars.push({ group, who: name, value: secondsOf(outcomes) })
    results.push(
      report(
        speedResult({
          name: `Two accounts, one source, at 4 MiB/s each way, against a worker ${name}`,
          limitName: `a worker ${name}`,
          bar: 1,
          command: "the same scene",
          pairs: together.map((ours, index) => [speedOf(ours), speedOf(outcomes[index] ?? ours)] as const),
        }),
      ),
    )
  }
  const title = `${files.length} archives of 4 MiB, 4 MiB/s each way and account: seconds`
  return { results, charts: [{ kind: "bars", name: "throttled", title, unit: "s", bars }] }
}
