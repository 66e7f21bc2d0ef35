import { setTimeout as sleep } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { makeArchive } from "./archive-files.ts"
import { oneSource } from "./one-source.ts"
import { allProcesses } from "./process-group.ts"
import { RunningWorker } from "./running-worker.ts"

const KIBIBYTE = 1024
const phone = "15550001001"

const worldOf = (files: ReadonlyArray<string>) =>
  oneSource(
    phone,
    files.map((file) => ({ file })),
  )

/** Two archives, one of them in volumes, that takes seconds each way. */
const prepare = () =>
  RunningWorker.prepare(async (folder) => {
    const dragon = await makeArchive(folder, "Dragon.7z", 1500 * KIBIBYTE, "-v600k")
    const orc = await makeArchive(folder, "Orc.zip", 20 * KIBIBYTE)
    return worldOf([`${dragon}.001`, `${dragon}.002`, `${dragon}.003`, orc])
  })
const slow = { STASH_MAX_DOWNLOAD_MBIT: "1", STASH_MAX_UPLOAD_MBIT: "1" }

const select = `
  select "status"::text, "currentStep" as step, "currentFile" as file, "currentFileNum" as num, "totalFiles" as total,
         "currentChannel" as channel, "downloadedBytes"::float8 as done, "totalBytes"::float8 as bytes,
         "downloadPercent" as percent, "currentActivity" as activity, "messagesScanned" as messages, "zipsFound" as found,
         "zipsIngested" as ingested, "errorMessage" as error, "finishedAt" is not null as ended,
         "lastActivityAt" >= "startedAt" as alive
  from ingestion_runs order by "startedAt"`

/** Everything that the row of the only run said until it ended. */
const watchRun = async (worker: RunningWorker) => {
  const seen: Array<Record<string, unknown>> = []
  for (;;) {
    const [row] = await worker.query(select)
    if (row !== undefined && JSON.stringify(row) !== JSON.stringify(seen.at(-1))) seen.push(row)
    if (row?.["ended"] === true) return seen
    await sleep(100)
  }
}

const nothingShown = {
  step: null,
  file: null,
  num: null,
  total: null,
  channel: null,
  done: null,
  bytes: null,
  percent: null,
}

describe("the run that the web app shows", () => {
  it("says what happens, how far all of a set is, up and down, and nothing once it has ended", async () => {
    await using worker = await prepare()
    worker.start(slow)
    const seen = await watchRun(worker)
    const showing = (step: string) => seen.filter((row) => row["step"] === step)
    const dragonBytes = showing("downloading").find(({ file }) => file === "Dragon.7z")?.["bytes"]
    expect(dragonBytes).toBeGreaterThan(1500 * KIBIBYTE)
    for (const step of ["downloading", "uploading"]) {
      const dragon = showing(step).filter(({ file }) => file === "Dragon.7z")
      expect(dragon.length).toBeGreaterThan(0)
      for (const row of dragon)
        expect(row).toMatchObject({
          channel: "Source",
          total: 2,
          bytes: dragonBytes,
          found: 2,
          messages: 4,
          alive: true,
        })
      const done = dragon.map((row) => Number(row["done"]))
      expect(done).toEqual([...done].sort((a, b) => a - b))
      // More than its largest volume: it is the set that is shown, and not the file.
      expect(Math.max(...done)).toBeGreaterThan(600 * KIBIBYTE)
      for (const row of dragon)
        expect(row["percent"]).toBe(Math.floor((100 * Number(row["done"])) / Number(row["bytes"])))
    }
    for (const row of showing("scanning")) expect(row).toMatchObject({ file: null, percent: null, bytes: null })
    expect(seen.at(-1)).toMatchObject({
      ...nothingShown,
      status: "COMPLETED",
      activity: null,
      error: null,
      messages: 4,
      found: 2,
      ingested: 2,
    })
  }, 120_000)

  it("is failed with the reason, and shows nothing more, when the worker was killed in the middle of it", async () => {
    await using worker = await prepare()
    worker.start(slow)
    await worker.until("an upload", `select 1 as ok from ingestion_runs where "currentStep" = 'uploading'`)
    // A cell that outlives its supervisor ends in good order.
    const cells = allProcesses().filter(({ parent }) => parent === worker.pid)
    for (const { pid } of cells) process.kill(pid, "SIGKILL")
    await worker.kill()
    expect(await worker.query(select)).toMatchObject([{ status: "RUNNING" }])
    worker.start()
    await worker.untilSettled(2)
    await worker.until("the end", `select 1 as ok from ingestion_runs where "status" = 'COMPLETED'`)
    expect(await worker.query(select)).toMatchObject([
      { ...nothingShown, status: "FAILED", activity: null, ended: true, error: "the worker stopped in the middle" },
      { ...nothingShown, status: "COMPLETED", activity: null, error: null },
    ])
  }, 120_000)

  it("is cancelled when the worker is stopped, and fails in words when there is no destination", async () => {
    await using worker = await prepare()
    worker.start({ ...slow, STASH_STOP_SECONDS: "60" })
    await worker.until("a download", `select 1 as ok from ingestion_runs where "currentStep" = 'downloading'`)
    await worker.stop()
    expect(await worker.query(select)).toMatchObject([
      { ...nothingShown, status: "CANCELLED", activity: null, error: expect.stringMatching(/stopped/) },
    ])
    await worker.query("delete from global_settings")
    worker.start()
    await worker.until("a failed run", `select 1 as ok from ingestion_runs where "status" = 'FAILED'`)
    expect((await worker.query(select)).at(-1)).toMatchObject({
      ...nothingShown,
      error: expect.stringMatching(/^no destination channel is set/),
    })
  }, 120_000)
})
