import { Effect } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import { twoAccounts } from "../test/two-accounts.ts"
import { linkChannel, upsertChannel } from "./channels.ts"
import { type ClaimOutcome, claimSet, unsettledSets } from "./claims.ts"
import type { Database } from "./database.ts"
import { removeAccount } from "./remove-account.ts"
import { retrySkipped, type SkippedPackage, SkipReason, skippedPackages, skipSet, skipVanished } from "./skipped.ts"

let check: <A, E>(work: Effect.Effect<A, E, Database>) => Promise<A>
let ana = ""
let ben = ""
let source = ""

beforeEach(async () => {
  ;({ ana, ben, check } = await twoAccounts())
  const channel = { telegramId: -1001, title: "source", type: "SOURCE", isForum: false, isActive: true } as const
  source = (await check(upsertChannel(channel))).id
  await check(linkChannel({ accountId: ana, channelId: source, role: "READER" }))
})

const claim = (firstMessageId: number): Effect.Effect<ClaimOutcome, unknown, Database> =>
  claimSet({
    sourceChannelId: source,
    firstMessageId,
    accountId: ana,
    setName: "Dragon.zip",
    volumes: 2,
    bytes: 30,
    fileKey: null,
    leaseSeconds: 60,
  })

const entry = (sourceMessageId: number, changes: Partial<SkippedPackage & { errorMessage: string }> = {}) => ({
  fileName: "Dragon.zip",
  fileSize: 30,
  reason: "EXTRACT_FAILED" as const,
  errorMessage: "damaged",
  sourceChannelId: source,
  sourceMessageId,
  sourceTopicId: null,
  isMultipart: true,
  partCount: 2,
  accountId: ana,
  ...changes,
})

const skip = (changes: { readonly reason?: SkipReason; readonly errorMessage?: string } = {}, messageId = 7) =>
  Effect.flatMap(claim(messageId), (claimed) => {
    if (claimed.outcome !== "claimed") throw new Error(`expected a claim, got ${claimed.outcome}`)
    return skipSet({ ...entry(messageId), ...changes, token: claimed.token })
  })

describe("a skipped set", () => {
  it("is on the app's list with each of its reasons, and once", () =>
    check(
      Effect.gen(function* () {
        for (const [index, reason] of SkipReason.literals.entries()) yield* skip({ reason }, index + 1)
        const listed = yield* skippedPackages()
        expect(listed.map(({ reason }) => reason).sort()).toEqual([...SkipReason.literals].sort())
        expect(listed[0]).toMatchObject({ isMultipart: true, partCount: 2, channelTitle: "source", accountId: ana })
      }),
    ))

  it("is listed whatever bytes its name and its reason have", () =>
    check(
      Effect.gen(function* () {
        yield* skip({ errorMessage: "cannot open \0 \ud800.stl" })
        expect(yield* skippedPackages()).toMatchObject([{ errorMessage: "cannot open \ufffd \ufffd.stl" }])
        yield* claim(8)
        yield* skipVanished(entry(8, { fileName: "a\0.zip", errorMessage: "gone \0" }))
        expect(yield* skippedPackages()).toHaveLength(2)
      }),
    ))

  it("may be claimed again once its entry was taken away, and is listed anew when it fails again", () =>
    check(
      Effect.gen(function* () {
        yield* skip()
        expect(yield* claim(7)).toMatchObject({ outcome: "settled", state: "skipped" })
        expect(yield* retrySkipped((yield* skippedPackages()).map(({ id }) => id))).toBe(1)
        yield* skip({ reason: "DOWNLOAD_FAILED", errorMessage: "again" })
        expect(yield* skippedPackages()).toMatchObject([{ reason: "DOWNLOAD_FAILED", errorMessage: "again" }])
      }),
    ))

  it("is one that an account had begun that was removed, when its messages are gone", () =>
    check(
      Effect.gen(function* () {
        yield* claim(7)
        const gone = entry(7, { accountId: ben, errorMessage: "gone" })
        expect(yield* skipVanished(gone)).toBe(false)
        expect(yield* unsettledSets(source)).toMatchObject([{ accountId: ana }])
        yield* removeAccount(ana)
        expect(yield* unsettledSets(source)).toMatchObject([{ accountId: null }])
        expect(yield* skipVanished(gone)).toBe(true)
        expect(yield* unsettledSets(source)).toEqual([])
        expect(yield* skippedPackages()).toMatchObject([{ accountId: ben, errorMessage: "gone" }])
      }),
    ))
})
