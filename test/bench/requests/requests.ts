/** `npm run bench -- --only requests`: how long the web app waits for what it asks while a long upload goes on. */
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { makeArchive } from "../../archive-files.ts"
import { WebApp } from "../../contract/requests-web-app.ts"
import { until } from "../../until.ts"
import { WorkerStage } from "../../worker-stage.ts"
import { atMost, type BenchOptions, type BenchResult, seconds } from "../measure.ts"

/** So soon a person wants to see that something happens. */
const LIMIT_SECONDS = 5
const PATIENCE = 120_000
const LOOK_MILLISECONDS = 20
const SMALL_KIBIBYTES = 300
/** At 1 Mbit/s it takes longer than all that is asked meanwhile. */
const LONG_KIBIBYTES = 48 * 1024
const UPLOADED_BYTES = 90 * 1024

/** Asks for something; resolves with how to see whether it is as far as is wanted. */
type Ask = () => Promise<() => Promise<boolean>>

interface Scene {
  readonly stage: WorkerStage
  readonly app: WebApp
  /** The folder that app and worker share. */
  readonly uploads: string
}

interface Asked {
  readonly name: string
  readonly ask: Ask
}

const hasEnded = (status: unknown): boolean => status === "COMPLETED" || status === "FAILED"
const hasBegun = (status: unknown): boolean => status !== "PENDING"

/** What can be asked of the account that uploads, the only one. */
const asksOfOne = async ({ app, stage, uploads }: Scene): Promise<ReadonlyArray<Asked>> => {
  const [account] = await app.run(`select "id" from telegram_accounts`)
  const [library] = await app.run(`select "value" from global_settings where "key" = 'destination_channel_id'`)
  const [entry] = await app.run(`
    select p."id", f."path" from packages p join package_files f on f."packageId" = p."id" limit 1`)
  const content = await readFile(await makeArchive(stage.folder, "Own.zip", UPLOADED_BYTES))
  const byRow = async (id: string, is: (status: unknown) => boolean) => {
    const look = async () => is((await app.fetchRequest(id)).status)
    return look
  }
  return [
    {
      name: "channel_fetch, answered",
      ask: async () => byRow(await app.fetchChannels(String(account?.["id"])), hasEnded),
    },
    {
      name: "join_channel, answered (there is no such channel)",
      ask: async () => byRow(await app.joinChannelByLink("@nobody_is_here"), hasEnded),
    },
    {
      name: "generate_invite, answered",
      ask: async () => {
        const before = await app.inviteLink()
        await app.notify("generate_invite", String(library?.["value"]))
        return async () => (await app.inviteLink()) !== before
      },
    },
    {
      name: "archive_extract, begun",
      ask: async () => {
        // What was extracted before would be answered from that.
        await app.run("delete from archive_extract_requests")
        const id = await app.extract(String(entry?.["id"]), String(entry?.["path"]))
        return async () => hasBegun((await app.extractRequest(id)).status)
      },
    },
    {
      name: "manual_upload, begun",
      ask: async () => {
        const id = await app.upload(uploads, [{ name: "Own.zip", content }])
        return async () => hasBegun((await app.uploadRequest(id)).status)
      },
    },
    {
      name: "rebuild_packages, begun, with progress",
      ask: async () => {
        const id = await app.rebuildPackageDatabase()
        return async () => {
          const [row] = await app.run(`select "resultJson" from channel_fetch_requests where "id" = $1`, id)
          return row?.["resultJson"] !== null
        }
      },
    },
    // The last: everything goes to the new one from then on.
    {
      name: "create_destination, answered",
      ask: async () => byRow(await app.createDestinationViaWorker("New library"), hasEnded),
    },
  ]
}

/** "Sync now" of an account that rests; one that is at work looks again when it is through. */
const asksOfRest = async ({ app }: Scene): Promise<ReadonlyArray<Asked>> => {
  const resting = `select "accountId" from stash_account_states where "state" = 'idle'`
  if (!(await until(PATIENCE, async () => (await app.run(resting)).length > 0)))
    throw new Error("no account came to rest")
  const [account] = await app.run(resting)
  const id = String(account?.["accountId"])
  const runs = async (): Promise<number> => {
    const [row] = await app.run(`select count(*)::int as n from ingestion_runs where "accountId" = $1`, id)
    return Number(row?.["n"])
  }
  const trigger = async () => {
    const before = await runs()
    await app.triggerIngestion(id)
    return async () => (await runs()) > before
  }
  return [{ name: "ingestion_trigger of an account at rest, begun", ask: trigger }]
}

const timesOf = async ({ ask, name }: Asked, runs: number): Promise<ReadonlyArray<number>> => {
  const times: Array<number> = []
  for (let run = 0; run < runs; run++)
    times.push(
      await seconds(async () => {
        const isReached = await ask()
        if (!(await until(PATIENCE, isReached, LOOK_MILLISECONDS))) throw new Error(`${name}: nothing happened`)
      }),
    )
  return times
}

type Asks = (scene: Scene) => Promise<ReadonlyArray<Asked>>

const measure = async (stage: WorkerStage, asksOf: Asks, runs: number): Promise<ReadonlyArray<BenchResult>> => {
  const uploads = join(stage.folder, "uploads")
  await mkdir(uploads)
  const settings = { WORKER_INTERVAL_MINUTES: "60", UPLOAD_DIR: uploads, MAX_PART_SIZE_MB: "50" }
  await stage.post(SMALL_KIBIBYTES, 1)
  stage.startWorker(settings)
  if (!(await stage.untilSettled(PATIENCE))) throw new Error("the first archive was not published")
  await stage.worker.kill()
  await stage.post(LONG_KIBIBYTES, 1)
  stage.startWorker({ ...settings, STASH_MAX_UPLOAD_MBIT: "1" })
  await using app = new WebApp(stage.database.url)
  const isUploading = async () => (await app.run("select 1 as ok from stash_publication_parts")).length > 0
  if (!(await until(PATIENCE, isUploading))) throw new Error("the long upload did not begin")
  const results: Array<BenchResult> = []
  for (const asked of await asksOf({ stage, app, uploads })) {
    const longest = Math.max(...(await timesOf(asked, runs)))
    const command = "beside an upload at 1 Mbit/s"
    results.push({ ...atMost(asked.name, "s", [longest], "a person's patience", LIMIT_SECONDS, command), runs })
  }
  if (!(await isUploading())) throw new Error("the long upload was too short")
  return results
}

const onStage = async (accounts: number, asksOf: Asks, runs: number): Promise<ReadonlyArray<BenchResult>> => {
  const folder = await mkdtemp(join(tmpdir(), "stash-requests-"))
  const stage = await WorkerStage.start(folder, accounts)
  try {
    return await measure(stage, asksOf, runs)
  } finally {
    await stage.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Every kind of request, beside an upload that takes minutes. */
export const benchRequests = async ({ quick }: BenchOptions): Promise<ReadonlyArray<BenchResult>> => {
  const runs = quick ? 1 : 5
  return [...(await onStage(1, asksOfOne, runs)), ...(await onStage(2, asksOfRest, runs))]
}
