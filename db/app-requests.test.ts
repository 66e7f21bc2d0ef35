import { Effect, Option } from "effect"
import * as Schema from "effect/Schema"
import fc from "fast-check"
import { beforeEach, describe, expect, it } from "vitest"
import { twoAccounts } from "../test/two-accounts.ts"
import {
  appRequestKinds,
  endAppRequest,
  failUntaken,
  forgetWithdrawn,
  giveBackAppRequest,
  noteHeard,
  noticeUnheard,
  passOnAppRequest,
  renewAppRequest,
  type TakenAppRequest,
  takeAppRequest,
} from "./app-requests.ts"
import { completeFetch } from "./channel-fetch-requests.ts"
import { SafeInteger } from "./row.ts"
import { rows, run } from "./statement.ts"

let ana = ""
let ben = ""
let check: Awaited<ReturnType<typeof twoAccounts>>["check"]

beforeEach(async () => {
  ;({ ana, ben, check } = await twoAccounts())
})

/** A row as the app writes it. */
const fetchRow = (id: string, accountId: string) =>
  run(
    "test",
    (sql) =>
      sql`insert into channel_fetch_requests ("id", "accountId", "updatedAt") values (${id}, ${accountId}, now())`,
  )
const uploadRow = (id: string) =>
  run("test", (sql) => sql`insert into manual_uploads ("id", "userId") values (${id}, 'u')`)
const uploadFile = (uploadId: string, id: string) =>
  run(
    "test",
    (sql) => sql`
      insert into manual_upload_files ("id", "uploadId", "fileName", "filePath", "fileSize")
      values (${id}, ${uploadId}, 'a', '/a', 1)`,
  )
const stateOf = (table: "channel_fetch_requests" | "manual_uploads", id: string) =>
  rows(
    "test",
    Schema.Struct({ status: Schema.String }),
    (sql) => sql`select "status"::text from ${sql(table)} where "id" = ${id}`,
  ).pipe(Effect.map(([row]) => row?.status))
const heard = (id: string, wantedAccountId: string | null, kind: "join_channel" | "channel_fetch" = "join_channel") =>
  noteHeard({ id, kind, input: { input: "@a" }, wantedAccountId, isBound: kind === "channel_fetch" })
const take = (accountId: string) => takeAppRequest(accountId, appRequestKinds)
const later = (seconds: number) =>
  run(
    "test",
    (sql) => sql`
      update stash_app_requests set "waitingSince" = "waitingSince" - make_interval(secs => ${seconds}),
        "notBefore" = "notBefore" - make_interval(secs => ${seconds}),
        "leaseUntil" = "leaseUntil" - make_interval(secs => ${seconds})`,
  )
const idOf = (taken: Option.Option<TakenAppRequest>) => Option.getOrUndefined(Option.map(taken, ({ id }) => id))

describe("a request of the web app", () => {
  it("is first for the account that is meant, then for any, and the app sees that it is begun", () =>
    check(
      Effect.gen(function* () {
        yield* fetchRow("r", ana)
        expect(yield* heard("r", ana)).toBe(true)
        expect(idOf(yield* take(ben))).toBeUndefined()
        expect(yield* stateOf("channel_fetch_requests", "r")).toBe("PENDING")
        yield* later(6)
        const taken = Option.getOrThrow(yield* take(ben))
        expect(taken).toMatchObject({ id: "r", kind: "join_channel", input: { input: "@a" }, attempts: 1 })
        expect(yield* stateOf("channel_fetch_requests", "r")).toBe("IN_PROGRESS")
        expect(idOf(yield* take(ana))).toBeUndefined()
        expect(yield* endAppRequest(taken, completeFetch("r", {}))).toBe(true)
        expect(yield* stateOf("channel_fetch_requests", "r")).toBe("COMPLETED")
      }),
    ))

  it("is taken again when its life ended, and whoever had it before writes nothing", () =>
    check(
      Effect.gen(function* () {
        yield* fetchRow("r", ana)
        yield* heard("r", ana)
        const first = Option.getOrThrow(yield* take(ana))
        yield* later(61)
        const second = Option.getOrThrow(yield* take(ana))
        expect(second.attempts).toBe(2)
        expect(yield* renewAppRequest(first)).toBe(false)
        expect(yield* endAppRequest(first, completeFetch("r", { from: "the dead" }))).toBe(false)
        expect(yield* stateOf("channel_fetch_requests", "r")).toBe("IN_PROGRESS")
        yield* giveBackAppRequest(second)
        expect(idOf(yield* take(ana))).toBe("r")
      }),
    ))

  it("about an account's own chats is done by no other, and fails with the reason when that one does not run", () =>
    check(
      Effect.gen(function* () {
        yield* fetchRow("r", ana)
        yield* heard("r", null, "channel_fetch")
        yield* later(59)
        expect(idOf(yield* take(ben))).toBeUndefined()
        expect(yield* failUntaken(() => "no")).toEqual([])
        yield* later(2)
        expect(yield* failUntaken(({ wantedName }) => `not ${wantedName}`)).toMatchObject([
          { id: "r", wantedName: "Ana" },
        ])
        expect(yield* stateOf("channel_fetch_requests", "r")).toBe("FAILED")
      }),
    ))

  it("that an account cannot do goes to another, and fails when none is left", () =>
    check(
      Effect.gen(function* () {
        yield* fetchRow("r", ana)
        yield* heard("r", ana)
        yield* passOnAppRequest(Option.getOrThrow(yield* take(ana)), "Ana may not")
        expect(idOf(yield* take(ana))).toBeUndefined()
        // Nobody lives here, so nobody is waited for.
        expect(yield* failUntaken(({ problem }) => problem ?? "")).toMatchObject([{ problem: "Ana may not" }])
        expect(yield* stateOf("channel_fetch_requests", "r")).toBe("FAILED")
      }),
    ))

  it("whose notification was missed is found in its table, and becomes what a late notification says", () =>
    check(
      Effect.gen(function* () {
        yield* fetchRow("missed", ana)
        yield* noticeUnheard()
        expect(idOf(yield* take(ana))).toBeUndefined()
        yield* later(6)
        expect(Option.getOrThrow(yield* take(ana))).toMatchObject({ id: "missed", kind: "channel_fetch" })
        yield* fetchRow("late", ana)
        yield* noticeUnheard()
        yield* heard("late", ana)
        expect(Option.getOrThrow(yield* take(ana))).toMatchObject({ id: "late", kind: "join_channel" })
      }),
    ))

  it("that an earlier worker left in progress is begun again", () =>
    check(
      Effect.gen(function* () {
        yield* fetchRow("r", ana)
        yield* run("test", (sql) => sql`update channel_fetch_requests set "status" = 'IN_PROGRESS'`)
        yield* noticeUnheard()
        yield* later(6)
        expect(idOf(yield* take(ana))).toBe("r")
      }),
    ))

  it("to upload files waits, unheard, for as long as files still come", () =>
    check(
      Effect.gen(function* () {
        yield* uploadRow("u")
        yield* uploadFile("u", "1")
        yield* noticeUnheard()
        yield* later(50)
        yield* uploadFile("u", "2")
        yield* noticeUnheard()
        yield* later(50)
        yield* noticeUnheard()
        expect(idOf(yield* take(ana))).toBeUndefined()
        yield* later(20)
        expect(idOf(yield* take(ana))).toBe("u")
        expect(yield* stateOf("manual_uploads", "u")).toBe("PROCESSING")
      }),
    ))

  it("is not noted for a row that is not there, or ended, and forgotten with it", () =>
    check(
      Effect.gen(function* () {
        expect(yield* heard("nowhere", ana)).toBe(false)
        yield* fetchRow("r", ana)
        yield* heard("r", ana)
        yield* run("test", (sql) => sql`delete from channel_fetch_requests`)
        yield* forgetWithdrawn()
        expect(yield* take(ana)).toEqual(Option.none())
      }),
    ))

  it("never stays open, whatever becomes of those who take it", async () => {
    const step = fc.constantFrom("take", "die", "give back", "pass on", "end", "notice", "hear", "a while")
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(step, fc.boolean()), { maxLength: 14 }), async (steps) => {
        await check(
          Effect.gen(function* () {
            yield* run("test", (sql) => sql`delete from stash_app_requests`)
            yield* run("test", (sql) => sql`delete from channel_fetch_requests`)
            yield* fetchRow("r", ana)
            const held: Array<TakenAppRequest> = []
            let ends = 0
            for (const [what, isAna] of steps) {
              const accountId = isAna ? ana : ben
              if (what === "take") held.push(...Option.toArray(yield* take(accountId)))
              if (what === "die") yield* later(61)
              if (what === "a while") yield* later(7)
              if (what === "hear") yield* heard("r", accountId)
              if (what === "notice") yield* noticeUnheard()
              const mine = isAna ? held.at(-1) : held[0]
              if (mine === undefined) continue
              if (what === "give back") yield* giveBackAppRequest(mine)
              if (what === "pass on") yield* passOnAppRequest(mine, "no")
              if (what === "end" && (yield* endAppRequest(mine, completeFetch("r", {})))) ends++
            }
            expect(ends).toBeLessThanOrEqual(1)
            yield* noticeUnheard()
            yield* later(130)
            yield* failUntaken(() => "nobody")
            expect(yield* stateOf("channel_fetch_requests", "r")).toBe(ends === 1 ? "COMPLETED" : "FAILED")
            const left = yield* rows(
              "test",
              Schema.Struct({ n: SafeInteger }),
              (sql) => sql`select count(*) as "n" from stash_app_requests`,
            )
            expect(left).toEqual([{ n: 0 }])
          }),
        )
      }),
      { numRuns: 30 },
    )
  }, 60_000)
})
