import { Effect, Schema } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import { freshDatabase } from "../test/fresh-database.ts"
import { addAccount } from "./accounts.ts"
import { Database } from "./database.ts"
import { failAbandonedRuns, failStaleRuns, finishRun, startRun, updateRun } from "./runs.ts"
import { one, run } from "./statement.ts"

let url = ""
let ana = ""
let ben = ""

const check = <A, E>(work: Effect.Effect<A, E, Database>) =>
  Effect.runPromise(Effect.provide(work, Database.layer({ url, max: 4, applicationName: "test" })))

beforeEach(async () => {
  url = await freshDatabase()
  ana = (await check(addAccount({ phone: "+10000000001", displayName: null }))).id
  ben = (await check(addAccount({ phone: "+10000000002", displayName: null }))).id
})

const read = (id: string) =>
  one(
    "run",
    Schema.Record(Schema.String, Schema.Unknown),
    (sql) => sql`select *, "finishedAt" is not null as ended from "ingestion_runs" where "id" = ${id}`,
  )

const activity = {
  currentActivity: "Downloading a.zip",
  currentStep: "downloading",
  currentFile: "a.zip",
  currentFileNum: 1,
  downloadedBytes: 3_000_000_000,
  totalBytes: 6_000_000_000,
  downloadPercent: 50,
}

describe("a run", () => {
  it("keeps absent fields and clears those given as null", () =>
    check(
      Effect.gen(function* () {
        const id = yield* startRun(ana)
        yield* updateRun(id, { ...activity, zipsFound: 4 })
        yield* updateRun(id, { currentStep: "hashing", downloadedBytes: null, downloadPercent: null })
        expect(yield* read(id)).toMatchObject({
          status: "RUNNING",
          currentStep: "hashing",
          currentFile: "a.zip",
          downloadedBytes: null,
          downloadPercent: null,
          totalBytes: "6000000000",
          zipsFound: 4,
        })
      }),
    ))

  it("shows that it is alive even when nothing changes", () =>
    check(
      Effect.gen(function* () {
        const id = yield* startRun(ana)
        const before = (yield* read(id))["lastActivityAt"] as Date
        yield* Effect.sleep("5 millis")
        yield* updateRun(id, {})
        expect(((yield* read(id))["lastActivityAt"] as Date).getTime()).toBeGreaterThan(before.getTime())
      }),
    ))

  it("leaves no activity behind when it ends, and takes no late progress", () =>
    check(
      Effect.gen(function* () {
        const id = yield* startRun(ana)
        yield* updateRun(id, activity)
        yield* finishRun(id, { status: "COMPLETED", zipsIngested: 2, errorMessage: null })
        yield* updateRun(id, activity)
        expect(yield* read(id)).toMatchObject({
          status: "COMPLETED",
          ended: true,
          zipsIngested: 2,
          errorMessage: null,
          currentActivity: null,
          currentStep: null,
          currentFile: null,
          totalBytes: null,
        })
      }),
    ))

  it("that has been silent for long is failed, whoever had begun it", () =>
    check(
      Effect.gen(function* () {
        const [alive, dead, old] = [yield* startRun(ana), yield* startRun(ben), yield* startRun(ben)]
        yield* run(
          "age",
          (sql) => sql`
            update "ingestion_runs" set "startedAt" = now() - interval '1 day',
              "lastActivityAt" = case when "id" = ${dead} then now() - interval '11 minutes' end
            where "id" in (${dead}, ${old})`,
        )
        expect(yield* failAbandonedRuns()).toBe(2)
        expect(yield* read(alive)).toMatchObject({ status: "RUNNING" })
        const failed = { status: "FAILED", ended: true, errorMessage: "the worker stopped in the middle" }
        expect(yield* read(dead)).toMatchObject(failed)
        expect(yield* read(old)).toMatchObject(failed)
      }),
    ))

  it("that an earlier life left behind is failed, without touching other accounts' runs", () =>
    check(
      Effect.gen(function* () {
        const [mine, other] = [yield* startRun(ana), yield* startRun(ben)]
        yield* updateRun(mine, activity)
        yield* failStaleRuns(ana)
        expect(yield* read(mine)).toMatchObject({ status: "FAILED", ended: true, currentActivity: null })
        expect(yield* read(other)).toMatchObject({ status: "RUNNING", ended: false })
      }),
    ))
})
