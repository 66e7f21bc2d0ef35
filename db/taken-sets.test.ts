import { Effect, Option } from "effect"
import { describe, expect, it } from "vitest"
import { twoAccounts } from "../test/two-accounts.ts"
import { upsertChannel } from "./channels.ts"
import { type ClaimOutcome, claimSet, deferClaim, settleClaim, waitClaim } from "./claims.ts"
import { packageByHash } from "./packages.ts"
import { skipSet } from "./skipped.ts"
import { run } from "./statement.ts"
import { takenSets } from "./taken-sets.ts"

const SERVER_ID = 2 ** 20
const hashOf = (messageId: number): string => (messageId / SERVER_ID).toString(16).padStart(64, "0")

const standings = [
  "new",
  "claimed",
  "lease over",
  "deferred",
  "waiting",
  "duplicate",
  "published",
  "published, not listed",
  "published, no package",
  "skipped",
  "skipped, to be tried again",
] as const
type Standing = (typeof standings)[number]
const FILES = "files"
const keys = [FILES, "other files", null]

const insertPackage = (sourceChannelId: string, messageId: number, fileCount: number) =>
  run(
    "package",
    (sql) => sql`
      insert into "packages" ("id", "contentHash", "fileName", "fileSize", "archiveType", "sourceChannelId", "sourceMessageId",
                              "destChannelId", "destMessageId", "fileCount")
      values (${`package ${messageId}`}, ${hashOf(messageId)}, 'a.zip', 10, 'ZIP', ${sourceChannelId}, ${messageId},
              ${sourceChannelId}, ${messageId}, ${fileCount})`,
  )

/** Lets an account bring a set to where it is to stand. */
const stand = Effect.fn(function* (accountId: string, sourceChannelId: string, firstMessageId: number, to: Standing) {
  if (to === "new") return
  const set = { sourceChannelId, firstMessageId }
  const leaseSeconds = to === "lease over" ? 0 : 60
  const claim = { ...set, accountId, setName: "a.zip", volumes: 1, bytes: 10, fileKey: FILES, leaseSeconds }
  const claimed = yield* claimSet(claim)
  if (claimed.outcome !== "claimed") throw new Error(claimed.outcome)
  const held = { ...set, token: claimed.token, reason: "" }
  const contentHash = hashOf(firstMessageId)
  if (to === "deferred") yield* deferClaim({ ...held, stage: "download", retryAfterSeconds: 60, countsAsAttempt: true })
  if (to === "waiting") yield* waitClaim({ ...held, stage: "scan" })
  if (to === "duplicate") yield* settleClaim({ ...held, state: "duplicate", contentHash })
  if (to.startsWith("published")) yield* settleClaim({ ...held, state: "published", contentHash })
  if (to === "published") yield* insertPackage(sourceChannelId, firstMessageId, 3)
  if (to === "published, not listed") yield* insertPackage(sourceChannelId, firstMessageId, 0)
  if (to.startsWith("skipped"))
    yield* skipSet({
      ...{ token: claimed.token, fileName: "a.zip", fileSize: 10, reason: "EXTRACT_FAILED", errorMessage: "damaged" },
      ...{
        sourceChannelId,
        sourceMessageId: firstMessageId,
        sourceTopicId: null,
        accountId,
        isMultipart: false,
        partCount: 1,
      },
    })
  if (to === "skipped, to be tried again")
    yield* run("retry", (sql) => sql`delete from "skipped_packages" where "sourceMessageId" = ${firstMessageId}`)
})

/** What `takenSets` has to say of a set that `claimSet` answers so. */
const takenBy = Effect.fn(function* (outcome: ClaimOutcome) {
  if (outcome.outcome === "held") return "held"
  if (outcome.outcome !== "settled" || outcome.state === "skipped") return undefined
  if (outcome.state !== "published" || outcome.contentHash === null) return "settled"
  const stub = yield* packageByHash(outcome.contentHash)
  return Option.isSome(stub) && stub.value.fileCount === 0 ? undefined : "settled"
})

describe("sets that need no claim", () => {
  it("are those that claimSet refuses, and at which nothing is left to do", async () => {
    const { ana, ben, check } = await twoAccounts()
    await check(
      Effect.gen(function* () {
        const channel = { telegramId: -1001, title: "c", type: "SOURCE" as const, isForum: false, isActive: true }
        const { id: channelId } = yield* upsertChannel(channel)
        const cases = standings.flatMap((standing, row) =>
          keys.map((fileKey, column) => ({
            standing,
            fileKey,
            firstMessageId: (1 + row * keys.length + column) * SERVER_ID,
          })),
        )
        for (const { firstMessageId, standing } of cases) yield* stand(ana, channelId, firstMessageId, standing)

        const found = yield* takenSets(channelId, ben, cases)
        const taken = new Map(found.map(({ firstMessageId, standing }) => [firstMessageId, standing]))
        const seen = cases.map((one) => ({ ...one, taken: taken.get(one.firstMessageId) }))
        const wanted = []
        for (const one of cases) {
          const { fileKey, firstMessageId } = one
          const set = { sourceChannelId: channelId, firstMessageId, fileKey, setName: "a.zip", volumes: 1, bytes: 10 }
          const outcome = yield* claimSet({ ...set, accountId: ben, leaseSeconds: 60 })
          wanted.push({ ...one, taken: yield* takenBy(outcome) })
        }
        expect(seen).toEqual(wanted)
        const held = found.filter(({ standing }) => standing === "held")
        expect([held.length, found.length - held.length]).toEqual([3, 6])
        expect(
          yield* takenSets(
            channelId,
            ana,
            cases.filter(({ standing }) => standing === "claimed"),
          ),
        ).toEqual([])
      }),
    )
  })
})
