import { MadeArchives } from "../ingest/made-archives.ts"
import type { Scene } from "../ingest/scene.ts"
import { SceneWorker } from "../ingest/scene-worker.ts"
import type { BenchOptions, Findings } from "../measure.ts"
import { type Growth, growthChart, growthResult } from "./growth.ts"

const SIZES = [1000, 10_000, 100_000]

interface Measured {
  readonly messages: number
  /** Of the first cycle, which reads them all. */
  readonly seconds: number
  readonly calls: number
  /** Of the worker and Postgres. */
  readonly cpuSeconds: number
  readonly statements: number
}

const measure = async (messages: number): Promise<Measured> => {
  using archives = new MadeArchives()
  const scene: Scene = {
    accounts: 1,
    speed: undefined,
    before: [{ generate: { bytes: 1000, seed: "{n}" }, name: "note {n}.txt", repeat: messages }],
    sources: [await archives.make(1, 1)],
    reads: () => true,
  }
  await using worker = await SceneWorker.open(scene)
  await worker.forgetDatabaseWork()
  const enrolled = worker.databaseCpuSeconds
  worker.start()
  await worker.untilSettled(1)
  await worker.untilIdle()
  return {
    messages,
    seconds: await worker.number(`select extract(epoch from max("finishedAt") - min("startedAt")) from ingestion_runs`),
    calls: (await worker.stage.outcome(0)).calls,
    cpuSeconds: worker.cpuSeconds + worker.databaseCpuSeconds - enrolled,
    statements: (await worker.databaseWork()).statements,
  }
}

/** One source with ever more documents, of which the last alone is an archive: the first cycle, which reads them all. */
export const messages = async ({ quick }: BenchOptions): Promise<Findings> => {
  const measured: Array<Measured> = []
  for (const size of quick ? [100, 1000, 10_000] : SIZES) measured.push(await measure(size))
  const growth = (name: string, unit: string, of: (one: Measured) => number): Growth => ({
    name,
    unit,
    points: measured.map((one) => ({ size: one.messages, value: of(one) })),
  })
  const growths = [
    growth("time of the first cycle", "s", (one) => one.seconds),
    growth("processor time", "s", ({ cpuSeconds }) => cpuSeconds),
    growth("calls", "calls", ({ calls }) => calls),
    growth("statements", "statements", ({ statements }) => statements),
  ]
  return {
    results: growths.map((one) => growthResult("messages", one, "stash run, until the account rests")),
    charts: [growthChart("growth-messages", "messages", growths)],
  }
}
