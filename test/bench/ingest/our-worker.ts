import type { Outcome, Scene } from "./scene.ts"
import { SceneWorker } from "./scene-worker.ts"

/** What our worker took beside time. */
export interface WorkerOutcome extends Outcome {
  /** Share of the time in which Postgres executed a statement of the worker. */
  readonly databaseShare: number
  /** Of the worker, while it brought them home. */
  readonly statements: number
  /** Of the next cycle, which finds nothing new. */
  readonly rescan: { readonly seconds: number; readonly calls: number; readonly cpuSeconds: number }
}

/** Seconds from the beginning of the first account's cycle to the last set's end. */
const ingestSeconds = (worker: SceneWorker): Promise<number> =>
  worker.number(
    `select extract(epoch from (select max("updatedAt") from stash_claims) - min("startedAt")) from ingestion_runs`,
  )

/** Lets all accounts look once more. */
const rescan = async (worker: SceneWorker): Promise<WorkerOutcome["rescan"]> => {
  const { accounts } = worker.stage.scene
  const [cycles, { calls }, cpuSeconds] = [await worker.endedCycles(), await worker.stage.outcome(0), worker.cpuSeconds]
  await worker.call()
  await worker.untilCyclesEnded(cycles + accounts)
  const seconds = await worker.number(
    `select extract(epoch from max("finishedAt") - min("startedAt"))
     from (select * from ingestion_runs order by "startedAt" desc limit ${accounts}) last`,
  )
  return {
    seconds,
    calls: (await worker.stage.outcome(0)).calls - calls,
    cpuSeconds: worker.cpuSeconds - cpuSeconds,
  }
}

/** The worker on a scene until all of it is in the library; then it looks once more. */
export const runWorker = async (scene: Scene): Promise<WorkerOutcome> => {
  await using worker = await SceneWorker.open(scene)
  await worker.startAtRest()
  await worker.untilSettled(scene.sources.flat().length)
  const seconds = await ingestSeconds(worker)
  const database = await worker.databaseWork()
  const outcome = await worker.stage.outcome(seconds)
  await worker.untilCyclesEnded(scene.accounts)
  return {
    ...outcome,
    databaseShare: database.seconds / seconds,
    statements: database.statements,
    rescan: await rescan(worker),
  }
}
