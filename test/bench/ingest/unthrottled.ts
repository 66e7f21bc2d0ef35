import { type BenchOptions, type Findings, MEGABYTE, median, repeated, report, speedResult } from "../measure.ts"
import { MadeArchives } from "./made-archives.ts"
import { runWorker } from "./our-worker.ts"
import { runTransfers } from "./plain-tdlib.ts"
import { sharedSource, speedOf } from "./scene.ts"

interface Workload {
  readonly count: number
  readonly mebibytes: number
  /** Of TDLib's transfers alone, both ways at once. */
  readonly bar: number
}

const workloads = (quick: boolean): ReadonlyArray<Workload> => [
  { count: quick ? 2 : 6, mebibytes: 100, bar: 0.9 },
  { count: quick ? 10 : 40, mebibytes: 4, bar: 0.8 },
]

const measure = async ({ bar, count, mebibytes }: Workload, runs: number) => {
  using archives = new MadeArchives()
  const scene = sharedSource(1, undefined, await archives.make(count, mebibytes))
  const rounds = await repeated(runs, async () => ({
    ours: speedOf(await runWorker(scene)),
    together: speedOf(await runTransfers(scene, "together")),
    inTurn: speedOf(await runTransfers(scene, "one after the other")),
  }))
  const group = `${count} archives of ${mebibytes} MiB`
  const result = (order: "together" | "inTurn", limitName: string, wanted: number) =>
    report(
      speedResult({
        name: `${group}, one account, no throttling, against ${limitName}`,
        limitName,
        bar: wanted,
        command: "downloadFile and sendMessage of plain TDLib",
        pairs: rounds.map((round) => [round.ours, round[order]] as const),
      }),
    )
  const barOf = (who: string, order: "ours" | "together" | "inTurn") => ({
    group,
    who,
    value: Math.round(median(rounds.map((round) => round[order])) / MEGABYTE),
  })
  return {
    results: [
      result("together", "TDLib's transfers alone, both ways at once", bar),
      result("inTurn", "TDLib's transfers alone, one way after the other", 1),
    ],
    bars: [
      barOf("this worker", "ours"),
      barOf("TDLib alone, both ways", "together"),
      barOf("TDLib alone, in turn", "inTurn"),
    ],
  }
}

/** One account as fast as it goes, against TDLib that moves the same bytes and does nothing else. */
export const unthrottled = async ({ quick }: BenchOptions): Promise<Findings> => {
  const measured = []
  for (const workload of workloads(quick)) measured.push(await measure(workload, quick ? 1 : 5))
  const bars = measured.flatMap((one) => one.bars)
  const title = "One account, no throttling: MB/s from the source into the library"
  return {
    results: measured.flatMap(({ results }) => results),
    charts: [{ kind: "bars", name: "unthrottled", title, unit: "MB/s", bars }],
  }
}
