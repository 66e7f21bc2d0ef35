import { Effect, Option, Schema } from "effect"
import fc from "fast-check"
import { beforeEach, describe, expect, it } from "vitest"
import { freshDatabase } from "../test/fresh-database.ts"
import { addAccount } from "./accounts.ts"
import { linkChannel, setMarkBack, setMarksBack, sourcesOf, upsertChannel } from "./channels.ts"
import { claimSet, settleClaim } from "./claims.ts"
import { Database } from "./database.ts"
import {
  beginScan,
  endScan,
  noteSetMessages,
  noteTopics,
  noteUnreadable,
  type Seen,
  saveScan,
} from "./source-states.ts"
import { rows, run } from "./statement.ts"

let url = ""
beforeEach(async () => {
  url = await freshDatabase()
})

const check = <A, E>(work: Effect.Effect<A, E, Database>) =>
  Effect.runPromise(Effect.provide(work, Database.layer({ url, max: 4, applicationName: "test" })))

const chatId = -1001234567890
const waitRow = Schema.Struct({ minutes: Schema.Int })
const topicRow = Schema.Struct({ topic: Schema.Int, name: Schema.NullOr(Schema.String), last: Schema.Int })

const linked = Effect.gen(function* () {
  const account = yield* addAccount({ phone: "+10000000001", displayName: null })
  const channel = yield* upsertChannel({
    telegramId: chatId,
    title: "Dragons",
    type: "SOURCE",
    isForum: false,
    isActive: true,
  })
  yield* linkChannel({ accountId: account.id, channelId: channel.id, role: "READER" })
  const [source] = yield* sourcesOf(account.id)
  const mapId = source?.mapId ?? ""
  return { accountId: account.id, channelId: channel.id, mapId }
})

const markOf = (accountId: string) => Effect.map(sourcesOf(accountId), ([source]) => source?.mark)
const begin = (mapId: string) => Effect.map(beginScan(mapId), Option.getOrThrow)
const seenUpTo = (floor: number): Seen => ({ floor, low: null, high: null, loose: [] })

const claim = (accountId: string, sourceChannelId: string, firstMessageId: number) =>
  claimSet({
    sourceChannelId,
    firstMessageId,
    accountId,
    setName: "x.zip",
    volumes: 1,
    bytes: 1,
    fileKey: null,
    leaseSeconds: 60,
  })

describe("a scan", () => {
  it("begins at the mark, and goes on where it was saved", () =>
    check(
      Effect.gen(function* () {
        const { channelId, mapId } = yield* linked
        yield* run("mark", (sql) => sql`update "account_channel_map" set "lastProcessedMessageId" = 70`)
        const { epoch, ...seen } = yield* begin(mapId)
        expect(seen).toEqual(seenUpTo(70))
        const island: Seen = { floor: 70, low: 200, high: 300, loose: [205, 210] }
        expect(yield* saveScan({ mapId, channelId, epoch }, island)).toBe(true)
        expect(yield* begin(mapId)).toEqual({ ...island, epoch })
      }),
    ))

  it("moves the mark to right before what has no claim or an unsettled one, and never within a set", () =>
    check(
      Effect.gen(function* () {
        const { accountId, channelId, mapId } = yield* linked
        const { epoch } = yield* begin(mapId)
        const save = (seen: Seen) => saveScan({ mapId, channelId, epoch }, seen)
        yield* save({ ...seenUpTo(100), loose: [41, 50] })
        expect(yield* markOf(accountId)).toBe(40)
        const open = yield* claim(accountId, channelId, 61)
        yield* save(seenUpTo(200))
        expect(yield* markOf(accountId)).toBe(60)
        if (open.outcome !== "claimed") return expect.fail(open.outcome)
        const settled = { reason: "", contentHash: null, state: "skipped" } as const
        yield* settleClaim({ sourceChannelId: channelId, firstMessageId: 61, token: open.token, ...settled })
        yield* noteSetMessages(channelId, [190, 205])
        yield* noteSetMessages(channelId, [180, 195])
        yield* save(seenUpTo(200))
        expect(yield* markOf(accountId)).toBe(179)
        yield* save(seenUpTo(205))
        expect(yield* markOf(accountId)).toBe(205)
        yield* save(seenUpTo(100))
        expect(yield* markOf(accountId)).toBe(205)
      }),
    ))

  it("sees again what came after a mark that was set back, by whomever, and does not raise its floor meanwhile", () =>
    check(
      Effect.gen(function* () {
        const { accountId, channelId, mapId } = yield* linked
        const setBacks: ReadonlyArray<readonly [Effect.Effect<unknown, unknown, Database>, number]> = [
          [setMarkBack({ accountId, chatId, messageId: 400 }), 399],
          [setMarksBack(channelId, 300), 299],
          // As the web app retries a set, and has a channel looked through anew.
          [run("app", (sql) => sql`update "account_channel_map" set "lastProcessedMessageId" = 250`), 250],
          [run("app", (sql) => sql`update "account_channel_map" set "lastProcessedMessageId" = null`), 0],
        ]
        for (const [setBack, floor] of setBacks) {
          const before = yield* begin(mapId)
          yield* saveScan({ mapId, channelId, epoch: before.epoch }, seenUpTo(500))
          expect(yield* markOf(accountId)).toBe(500)
          const { epoch } = yield* begin(mapId)
          yield* setBack
          expect(yield* saveScan({ mapId, channelId, epoch }, seenUpTo(900))).toBe(false)
          expect((yield* begin(mapId)).floor).toBe(floor)
        }
      }),
    ))

  it("looks again at a message that lies above a mark which something older holds", () =>
    check(
      Effect.gen(function* () {
        const { accountId, channelId, mapId } = yield* linked
        const { epoch } = yield* begin(mapId)
        yield* claim(accountId, channelId, 10)
        yield* saveScan({ mapId, channelId, epoch }, seenUpTo(500))
        expect(yield* setMarkBack({ accountId, chatId, messageId: 501 })).toBe(false)
        expect(yield* setMarkBack({ accountId, chatId, messageId: 400 })).toBe(true)
        expect((yield* begin(mapId)).floor).toBe(399)
        expect(yield* markOf(accountId)).toBe(9)
      }),
    ))

  it("never leaves a mark within a set, whatever the sets", () =>
    check(
      Effect.gen(function* () {
        const { accountId, channelId, mapId } = yield* linked
        yield* begin(mapId)
        const services = yield* Effect.context<Database>()
        const ids = fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { minLength: 2, maxLength: 5 })
        yield* Effect.promise(() =>
          fc.assert(
            fc.asyncProperty(fc.array(ids, { maxLength: 8 }), fc.integer({ min: 0, max: 200 }), (sets, floor) =>
              Effect.runPromise(
                Effect.gen(function* () {
                  yield* run("clear", (sql) => sql`delete from stash_set_messages`)
                  yield* run("clear", (sql) => sql`update "account_channel_map" set "lastProcessedMessageId" = null`)
                  const again = yield* begin(mapId)
                  const noted = new Map(sets.map((set) => [Math.min(...set), set]))
                  for (const set of noted.values()) yield* noteSetMessages(channelId, set)
                  yield* saveScan({ mapId, channelId, epoch: again.epoch }, seenUpTo(floor))
                  const mark = (yield* markOf(accountId)) ?? -1
                  for (const set of noted.values())
                    expect([0, set.length]).toContain(set.filter((id) => id <= mark).length)
                  expect(mark).toBeLessThanOrEqual(floor)
                }).pipe(Effect.provideContext(services)),
              ),
            ),
            { numRuns: 40 },
          ),
        )
      }),
    ))
})

describe("a source that cannot be read", () => {
  it("is left alone for longer each time, until it was read again", () =>
    check(
      Effect.gen(function* () {
        const { accountId, mapId } = yield* linked
        const minutes = Effect.map(
          rows(
            "wait",
            waitRow,
            (sql) =>
              sql`select round(extract(epoch from "retryAt" - now()) / 60)::int as "minutes" from stash_source_states`,
          ),
          ([row]) => row?.minutes,
        )
        expect((yield* noteUnreadable(mapId, "gone")).isNews).toBe(true)
        expect(yield* minutes).toBe(15)
        expect((yield* noteUnreadable(mapId, "gone")).isNews).toBe(false)
        expect(yield* minutes).toBe(30)
        for (let times = 0; times < 12; times++) yield* noteUnreadable(mapId, "gone")
        expect(yield* minutes).toBe(24 * 60)
        expect(yield* sourcesOf(accountId)).toEqual([])
        yield* endScan(mapId)
        expect(yield* sourcesOf(accountId)).toHaveLength(1)
      }),
    ))
})

describe("topics", () => {
  it("have the place of the whole forum, but for what they have beyond it", () =>
    check(
      Effect.gen(function* () {
        const { channelId, mapId } = yield* linked
        const { epoch } = yield* begin(mapId)
        yield* saveScan({ mapId, channelId, epoch }, seenUpTo(100))
        yield* noteTopics(mapId, [
          { topicId: 5, name: "Dra\0gons", messageId: 90 },
          { topicId: 6, name: null, messageId: 120 },
        ])
        yield* noteTopics(mapId, [{ topicId: 5, name: null, messageId: 95 }])
        const noted = yield* rows(
          "topics",
          topicRow,
          (sql) => sql`
          select "topicId"::int as topic, "topicName" as name, "lastProcessedMessageId"::int as last
          from topic_progress order by 1`,
        )
        expect(noted).toEqual([
          { topic: 5, name: "Dra\uFFFDgons", last: 95 },
          { topic: 6, name: null, last: 100 },
        ])
      }),
    ))
})
