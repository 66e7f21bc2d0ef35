import { Effect, Option } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import { freshDatabase } from "../test/fresh-database.ts"
import { addAccount } from "./accounts.ts"
import { upsertChannel } from "./channels.ts"
import { claimSet, settleClaim } from "./claims.ts"
import { Database } from "./database.ts"
import { contentOfFiles, earlierWorkOn, placesOf } from "./places.ts"
import { run } from "./statement.ts"

const contentHash = "ab".repeat(32)
let url = ""
let account = ""
let here = ""
let elsewhere = ""

const check = <A, E>(work: Effect.Effect<A, E, Database>) =>
  Effect.runPromise(Effect.provide(work, Database.layer({ url, max: 2, applicationName: "test" })))

const channel = (telegramId: number, title: string) =>
  Effect.map(upsertChannel({ telegramId, title, type: "SOURCE", isForum: false, isActive: true }), ({ id }) => id)

beforeEach(async () => {
  url = await freshDatabase()
  await check(
    Effect.gen(function* () {
      account = (yield* addAccount({ phone: "+10000000001", displayName: null })).id
      here = yield* channel(-1, "Here")
      elsewhere = yield* channel(-2, "Elsewhere")
    }),
  )
})

const claim = (sourceChannelId: string, leaseSeconds = 60) =>
  claimSet({
    sourceChannelId,
    firstMessageId: 7,
    accountId: account,
    setName: "Dragon.zip",
    volumes: 1,
    bytes: 10,
    fileKey: "files",
    leaseSeconds,
  }).pipe(
    Effect.map((outcome) => {
      if (outcome.outcome !== "claimed") throw new Error(outcome.outcome)
      return outcome.token
    }),
  )

/** Publishes the content from one channel and finds it again in the other. */
const publishAndSeeAgain = Effect.gen(function* () {
  for (const sourceChannelId of [here, elsewhere]) {
    const token = yield* claim(sourceChannelId)
    const state = sourceChannelId === here ? "published" : "duplicate"
    yield* settleClaim({ sourceChannelId, firstMessageId: 7, token, state, reason: "", contentHash })
  }
  yield* run(
    "package",
    (sql) => sql`
      insert into "packages" ("id", "contentHash", "fileName", "fileSize", "archiveType", "sourceChannelId",
                              "sourceMessageId", "destMessageId")
      values ('p', ${contentHash}, 'Dragon.zip', 10, 'ZIP', ${here}, 7, 1)`,
  )
})

describe("the files of a set", () => {
  it("are known as a published content as long as its messages are there", () =>
    check(
      Effect.gen(function* () {
        expect(yield* contentOfFiles("files")).toEqual(Option.none())
        yield* publishAndSeeAgain
        expect(yield* contentOfFiles("files")).toEqual(Option.some({ contentHash, fileName: "Dragon.zip" }))
        expect(yield* contentOfFiles("others")).toEqual(Option.none())
        yield* run("lost", (sql) => sql`update "packages" set "destMessageId" = null`)
        expect(yield* contentOfFiles("files")).toEqual(Option.none())
      }),
    ))

  it("are worked on by whoever claimed them first, for as long as its lease lasts", () =>
    check(
      Effect.gen(function* () {
        const first = yield* claim(here)
        const second = yield* claim(elsewhere)
        expect(yield* earlierWorkOn("files", second)).toMatchObject(Option.some({ channelTitle: "Here" }))
        expect(yield* earlierWorkOn("files", first)).toEqual(Option.none())
        yield* run("time passes", (sql) => sql`update stash_claims set "leaseUntil" = now()`)
        expect(yield* earlierWorkOn("files", second)).toEqual(Option.none())
      }),
    ))
})

describe("a content", () => {
  it("has all the places where it was seen, the first one first", () =>
    check(
      Effect.gen(function* () {
        yield* publishAndSeeAgain
        expect(yield* placesOf(contentHash)).toMatchObject([
          { channelTitle: "Here", state: "published", setName: "Dragon.zip" },
          { channelTitle: "Elsewhere", state: "duplicate" },
        ])
      }),
    ))
})
