import { readFileSync } from "node:fs"
import type { PostgresServer } from "../../postgres-server.ts"
import { MadeArchives } from "../ingest/made-archives.ts"
import { sharedSource } from "../ingest/scene.ts"
import { SceneWorker } from "../ingest/scene-worker.ts"
import { type BenchOptions, type Findings, median, repeated } from "../measure.ts"
import { type Growth, growthChart, growthResult } from "./growth.ts"
import { statusSeconds } from "./status-seconds.ts"

const SIZES = [1000, 20_000, 200_000]
const FILES_EACH = 5
const ARCHIVES = 20
const LOOKS = 5

const library = readFileSync(new URL("../../explain/library.sql", import.meta.url), "utf8")

/** A library of so many packages, whose accounts are off, so that ours alone are at work. */
const fill = (packages: number) => (database: PostgresServer) =>
  database.query(`
    set stash.packages = '${packages}'; set stash.files = '${FILES_EACH * packages}';
    ${library}
    update "telegram_accounts" set "isActive" = false;
    truncate stash_account_states, stash_leftovers, stash_sweeps, stash_publications cascade;
    update "packages" set "fileCount" = 1 where "fileCount" = 0;
    update "ingestion_runs" set "status" = 'COMPLETED', "finishedAt" = now() where "status" = 'RUNNING';
    delete from stash_claims where state not in ('published', 'duplicate');
    analyze`)

interface Measured {
  readonly packages: number
  /** From the first cycle's beginning to the last archive's end. */
  readonly seconds: number
  /** In statements, of the worker. */
  readonly databaseSeconds: number
  readonly statusSeconds: number
}

const measure = async (packages: number): Promise<Measured> => {
  using archives = new MadeArchives()
  const files = await archives.make(ARCHIVES, 1)
  await using worker = await SceneWorker.open(sharedSource(1, undefined, files), {}, fill(packages))
  const settled = `select count(*) from stash_claims where state = 'published'`
  const before = await worker.number(settled)
  await worker.forgetDatabaseWork()
  const [begun] = [await worker.number("select extract(epoch from now())")]
  worker.start()
  await worker.untilTrue("all archives", async () => (await worker.number(settled)) === before + ARCHIVES)
  await worker.untilIdle()
  const own = `from ingestion_runs where "startedAt" > to_timestamp(${begun})`
  return {
    packages,
    seconds: await worker.number(`select extract(epoch from max("finishedAt") - min("startedAt")) ${own}`),
    databaseSeconds: (await worker.databaseWork()).seconds,
    statusSeconds: median(await repeated(LOOKS, () => statusSeconds(worker))),
  }
}

/** A library that holds ever more packages, and the same archives that come into it. */
export const packages = async ({ quick }: BenchOptions): Promise<Findings> => {
  const measured: Array<Measured> = []
  for (const size of quick ? [100, 1000, 10_000] : SIZES) measured.push(await measure(size))
  const growth = (name: string, unit: string, of: (one: Measured) => number): Growth => ({
    name,
    unit,
    points: measured.map((one) => ({ size: one.packages, value: of(one) })),
  })
  const growths = [
    growth(`time to bring ${ARCHIVES} archives home`, "s", ({ seconds }) => seconds),
    growth("time of the database", "s", ({ databaseSeconds }) => databaseSeconds),
    growth("stash status", "s", (one) => one.statusSeconds),
  ]
  return {
    results: growths.map((one) => growthResult("packages", one, "stash run, until the account rests")),
    charts: [growthChart("growth-packages", "packages", growths)],
  }
}
