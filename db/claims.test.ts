import { Effect } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import { twoAccounts } from "../test/two-accounts.ts"
import { addAccount } from "./accounts.ts"
import { upsertChannel } from "./channels.ts"
import {
  claimedSets,
  claimSet,
  deferClaim,
  releaseClaims,
  renewLeases,
  setStartsBetween,
  settleClaim,
  unsettledSets,
  waitClaim,
} from "./claims.ts"
import { skipSet } from "./skipped.ts"
import { noteSetMessages } from "./source-states.ts"
import { run } from "./statement.ts"

let ana = ""
let ben = ""
let channel = ""

let check: Awaited<ReturnType<typeof twoAccounts>>["check"]

beforeEach(async () => {
  ;({ ana, ben, check } = await twoAccounts())
  await check(
    Effect.gen(function* () {
      channel = (yield* upsertChannel({
        telegramId: -1001,
        title: "c",
        type: "SOURCE",
        isForum: false,
        isActive: true,
      })).id
    }),
  )
})

const setKey = () => ({ sourceChannelId: channel, firstMessageId: 5 << 20 })

interface Changes {
  readonly firstMessageId?: number
  readonly volumes?: number
  readonly bytes?: number
  readonly fileKey?: string | null
  readonly leaseSeconds?: number
}
const claim = (accountId: string, changes: Changes = {}) =>
  claimSet({
    ...setKey(),
    accountId,
    setName: "a.zip",
    volumes: 1,
    bytes: 10,
    fileKey: "files",
    leaseSeconds: 60,
    ...changes,
  })

/** Claims for an account that is sure to get it. */
const claimed = (accountId: string, changes: Changes = {}) =>
  Effect.map(claim(accountId, changes), (outcome) => {
    if (outcome.outcome !== "claimed") throw new Error(`expected a claim, got ${outcome.outcome}`)
    return outcome
  })

/** Gives the set up, as the pipeline does. */
const skipped = Effect.gen(function* () {
  const { token } = yield* claimed(ana)
  return yield* skipSet({
    token,
    fileName: "a.zip",
    fileSize: 10,
    reason: "SIZE_LIMIT",
    errorMessage: "too big",
    sourceChannelId: channel,
    sourceMessageId: setKey().firstMessageId,
    sourceTopicId: null,
    isMultipart: false,
    partCount: 1,
    accountId: ana,
  })
})

describe("claimSet", () => {
  it("gives a set to one of two accounts, and tells the other who has it and until when", () =>
    check(
      Effect.gen(function* () {
        expect(yield* claim(ana)).toMatchObject({ outcome: "claimed", attempts: 1 })
        expect(yield* claim(ben)).toEqual({ outcome: "held", accountId: ana, until: expect.any(Date) })
      }),
    ))

  it("gives a set to exactly one of many that ask at once", () =>
    check(
      Effect.gen(function* () {
        const accounts = yield* Effect.forEach(
          Array.from({ length: 8 }, (_, index) => index),
          (index) => addAccount({ phone: `+2000000000${index}`, displayName: null }),
        )
        const outcomes = yield* Effect.forEach(accounts, ({ id }) => claim(id), { concurrency: 8 })
        expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(["claimed", ...Array(7).fill("held")])
      }),
    ))

  it("gives an account its own leftover again, with a higher token that fences the old one", () =>
    check(
      Effect.gen(function* () {
        const old = yield* claimed(ana)
        const current = yield* claimed(ana)
        expect(current.token).toBeGreaterThan(old.token)
        const settle = (token: number) =>
          settleClaim({ ...setKey(), token, state: "duplicate", reason: "", contentHash: null })
        expect(yield* settle(old.token)).toBe(false)
        expect(yield* settle(current.token)).toBe(true)
      }),
    ))

  it("lets another account take over when the lease ran out, and fences the one that slept", () =>
    check(
      Effect.gen(function* () {
        const sleeper = yield* claimed(ana, { leaseSeconds: 0 })
        expect(yield* claim(ben)).toMatchObject({ outcome: "claimed", attempts: 2 })
        const late = deferClaim({
          ...setKey(),
          token: sleeper.token,
          stage: "download",
          reason: "late",
          retryAfterSeconds: 1,
          countsAsAttempt: true,
        })
        expect(yield* late).toBe(false)
      }),
    ))

  it("does not reopen a settled set", () =>
    check(
      Effect.gen(function* () {
        yield* skipped
        expect(yield* claim(ben)).toMatchObject({ outcome: "settled", state: "skipped", reason: "too big" })
      }),
    ))

  it("tries a skipped set again, with all its attempts, once its entry in the list of skipped ones is gone", () =>
    check(
      Effect.gen(function* () {
        yield* skipped
        yield* run("retry", (sql) => sql`delete from "skipped_packages"`)
        expect(yield* claim(ben)).toMatchObject({ outcome: "claimed", attempts: 1 })
      }),
    ))

  it("takes a settled set up again when its message holds another file now", () =>
    check(
      Effect.gen(function* () {
        const { token } = yield* claimed(ana)
        yield* settleClaim({ ...setKey(), token, state: "duplicate", reason: "", contentHash: "old" })
        expect(yield* claim(ben, { fileKey: null })).toMatchObject({ outcome: "settled", contentHash: "old" })
        expect(yield* claim(ben, { fileKey: "edited" })).toMatchObject({ outcome: "claimed", attempts: 1 })
        expect(yield* claimedSets()).toMatchObject([{ contentHash: null }])
      }),
    ))

  it("puts a deferred set off until its time, then gives it to anybody and counts the attempt", () =>
    check(
      Effect.gen(function* () {
        const { token } = yield* claimed(ana)
        yield* deferClaim({
          ...setKey(),
          token,
          stage: "download",
          reason: "flood",
          retryAfterSeconds: 60,
          countsAsAttempt: true,
        })
        expect(yield* claim(ana)).toMatchObject({ outcome: "later", state: "deferred", reason: "flood" })
        yield* run("time passes", (sql) => sql`update stash_claims set "retryAt" = now()`)
        expect(yield* claim(ben)).toMatchObject({ outcome: "claimed", attempts: 2 })
      }),
    ))

  it("gives an attempt back that was no failure of the set", () =>
    check(
      Effect.gen(function* () {
        const { token } = yield* claimed(ana)
        yield* deferClaim({
          ...setKey(),
          token,
          stage: "download",
          reason: "flood",
          retryAfterSeconds: 0,
          countsAsAttempt: false,
        })
        expect(yield* claim(ben)).toMatchObject({ outcome: "claimed", attempts: 1 })
      }),
    ))

  it("wakes a waiting set when it grew, and does not count that as an attempt", () =>
    check(
      Effect.gen(function* () {
        const { token } = yield* claimed(ana)
        yield* waitClaim({ ...setKey(), token, stage: "scan", reason: "volume 2 is missing" })
        expect(yield* claim(ana)).toMatchObject({ outcome: "later", state: "waiting", reason: "volume 2 is missing" })
        expect(yield* claim(ben, { volumes: 2, bytes: 20 })).toMatchObject({ outcome: "claimed", attempts: 1 })
      }),
    ))
})

describe("leases", () => {
  it("are kept by renewing and end at once by releasing, which takes the attempt back", () =>
    check(
      Effect.gen(function* () {
        yield* claimed(ana, { leaseSeconds: 0 })
        expect(yield* renewLeases(ana, 60)).toBe(1)
        expect(yield* claim(ben)).toMatchObject({ outcome: "held" })
        yield* releaseClaims(ana)
        expect(yield* claim(ben)).toMatchObject({ outcome: "claimed", attempts: 1 })
      }),
    ))
})

describe("claimedSets", () => {
  it("tells of every set, with its state and reason", () =>
    check(
      Effect.gen(function* () {
        const { token } = yield* claimed(ana)
        yield* settleClaim({ ...setKey(), token, state: "duplicate", reason: "same as b.zip", contentHash: "h" })
        expect(yield* claimedSets()).toMatchObject([
          { ...setKey(), state: "duplicate", reason: "same as b.zip", contentHash: "h", setName: "a.zip" },
        ])
      }),
    ))
})

describe("what must be found again in a channel", () => {
  it("is every set that is not settled, by the messages it was made of, and those whose metadata is pending", () =>
    check(
      Effect.gen(function* () {
        for (const firstMessageId of [10, 20, 30]) yield* claim(ana, { firstMessageId })
        yield* noteSetMessages(channel, [12, 10, 15])
        const begun = unsettledSets(channel).pipe(Effect.map((sets) => sets.map(({ messageIds }) => messageIds)))
        expect(yield* begun).toEqual([[12, 10, 15], [20], [30]])
        yield* run(
          "settle",
          (sql) => sql`
            update stash_claims set "state" = 'published', "leaseUntil" = null, "contentHash" = 'hash'
            where "firstMessageId" = 20`,
        )
        expect(yield* begun).toEqual([[12, 10, 15], [30]])
        yield* run(
          "stub",
          (sql) => sql`
            insert into "packages"
              ("id", "contentHash", "fileName", "fileSize", "archiveType", "sourceChannelId", "sourceMessageId")
            values ('p', 'hash', 'a.zip', 1, 'ZIP', ${channel}, 20)`,
        )
        expect(yield* begun).toEqual([[12, 10, 15], [20], [30]])
        yield* run("enrich", (sql) => sql`update "packages" set "fileCount" = 1`)
        expect(yield* begun).toEqual([[12, 10, 15], [30]])
        expect(yield* setStartsBetween(channel, 10, 31)).toEqual([30, 20])
      }),
    ))
})
