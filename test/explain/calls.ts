import { createHash } from "node:crypto"
import { Effect } from "effect"
import { accountStandings, giveOrder, noteStanding, policyOf, setActive, setPolicy } from "../../db/account-states.ts"
import {
  activeAccounts,
  addAccount,
  markAuthenticated,
  setAuthState,
  storePremium,
  takeAuthCode,
} from "../../db/accounts.ts"
import { rescan, setCategory, setChannelActive, unlinkChannel } from "../../db/channel-changes.ts"
import { channelLinks, channelOverviews } from "../../db/channel-overview.ts"
import {
  callAccounts,
  destination,
  linkChannel,
  setDestination,
  setMarkBack,
  setMarksBack,
  sourcesOf,
  upsertChannel,
} from "../../db/channels.ts"
import {
  begunSets,
  claimSet,
  deferClaim,
  forgetClaim,
  releaseClaims,
  renewLeases,
  setStartsBetween,
  settleClaim,
  unsettledSets,
  waitClaim,
} from "../../db/claims.ts"
import { spendMove } from "../../db/counted-moves.ts"
import type { Database, Sql } from "../../db/database.ts"
import { beginSweeps, destinationsSoFar, isRecorded, noteSwept, standingOf, sweptThrough } from "../../db/deliveries.ts"
import { eventsOf, forgetEvents } from "../../db/events.ts"
import { formerRarContents, setStandingOf } from "../../db/former-work.ts"
import {
  deafSources,
  endLeftRuns,
  formerWorkerSessions,
  knownTables,
  leftAccounts,
  publicationsUnderWay,
  shelf,
  tablesOfOthers,
  unfinished,
} from "../../db/installation.ts"
import {
  confirmPart,
  finishPublication,
  isBeingPublished,
  openPublication,
  openPublications,
  publicationByHash,
  takeOverPublication,
} from "../../db/journal.ts"
import { abandonForGood, forgetLeftovers, leftoversIn, unpublish } from "../../db/leftovers.ts"
import { currentRuns, libraryTotals } from "../../db/library-totals.ts"
import { loginOf, noteLogin, wantLogin } from "../../db/logins.ts"
import { pendingMigrations } from "../../db/migrate.ts"
import {
  destinationsToVerify,
  missingPackages,
  noteVerified,
  packagesAfter,
  packagesToVerify,
  publishedPackages,
} from "../../db/package-checks.ts"
import {
  createPackageStub,
  findPackages,
  packageByHash,
  publishedByHash,
  stubsWithoutMetadata,
  updatePackageWithMetadata,
} from "../../db/packages.ts"
import { contentOfFiles, earlierWorkOn, placesOf } from "../../db/places.ts"
import { proxyOf, setProxy } from "../../db/proxies.ts"
import { recentlySkipped, recentPackages } from "../../db/recent.ts"
import { belongingsOf, removeAccount } from "../../db/remove-account.ts"
import { republishPackage } from "../../db/republish.ts"
import {
  answerRequest,
  ask,
  failAbandonedRequests,
  failRequest,
  isAsked,
  outcomeOf,
  sweepRequests,
  takeRequest,
} from "../../db/requests.ts"
import { failAbandonedRuns, failStaleRuns, finishRun, startRun, updateRun } from "../../db/runs.ts"
import { accountSchedules, pauseAccount, resumeAccount, scheduleOf, setSchedule } from "../../db/schedules.ts"
import { freeSessions, serverFacts } from "../../db/server-facts.ts"
import { setsCalled } from "../../db/sets-called.ts"
import { getSetting } from "../../db/settings.ts"
import { retrySkipped, skippedBefore, skippedPackages, skipSet, skipVanished } from "../../db/skipped.ts"
import {
  beginScan,
  endScan,
  noteSetMessages,
  noteTopics,
  noteUnreadable,
  readersAtWork,
  saveScan,
} from "../../db/source-states.ts"
import { run } from "../../db/statement.ts"
import { databaseAnswers, supervisorListens } from "../../db/supervisors.ts"
import { takenSets } from "../../db/taken-sets.ts"
import { addUpTallies } from "../../db/tallies.ts"
import { currentWaits, noteWait } from "../../db/waits.ts"
import { appRequestCalls } from "./app-request-calls.ts"
import { metadataCalls } from "./metadata-calls.ts"

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

const SERVER_ID = 2 ** 20
const accountId = "account6"
const channelId = "source6"
const mapId = "map6-6"
/** Of package 5, which is the sixth source's, and of nothing. */
const known = sha256("5")
const unknown = sha256("nothing")
const set = { sourceChannelId: channelId, firstMessageId: 5 * SERVER_ID }
const newSet = { sourceChannelId: channelId, firstMessageId: 50_000_000 * SERVER_ID }

const foundSet = {
  ...set,
  accountId,
  mapId,
  lastMessageId: 5 * SERVER_ID,
  messageIds: [5 * SERVER_ID],
  topicId: SERVER_ID,
  setName: "Pack 5.zip",
  volumes: 1,
  bytes: 1_000_005,
  fileKey: "key 5",
}

const skipped = {
  fileName: "New.zip",
  fileSize: 1000,
  reason: "DOWNLOAD_FAILED",
  errorMessage: "gone",
  sourceChannelId: channelId,
  sourceMessageId: newSet.firstMessageId,
  sourceTopicId: null,
  isMultipart: false,
  partCount: 1,
  accountId,
} as const

const claimNew = claimSet({
  ...newSet,
  accountId,
  setName: "New.zip",
  volumes: 1,
  bytes: 1000,
  fileKey: "a new key",
  leaseSeconds: 60,
})

/** Claims a new set and goes on with its token. */
const claimed = <A, E>(work: (token: number) => Effect.Effect<A, E, Database>) =>
  Effect.flatMap(claimNew, (claim) => work(claim.outcome === "claimed" ? claim.token : 0))

const opened = Effect.fn("opened")(function* (token: number) {
  const publication = yield* openPublication({
    contentHash: unknown,
    accountId,
    token,
    ...newSet,
    destChannelId: "library",
    destChatId: -1002000000001,
    afterMessageId: 1,
    tag: "a tag",
    directory: "/tmp/new",
    stub: {
      fileName: "New.zip",
      fileSize: 1000,
      archiveType: "ZIP",
      sourceTopicId: null,
      sourceCaption: null,
      ingestionRunId: "running1",
    },
    parts: [{ part: 1, name: "New.zip", path: "/tmp/new/New.zip", bytes: 1000, sha256: null }],
  })
  return publication.token
})

const newStub = {
  contentHash: unknown,
  fileName: "New.zip",
  fileSize: 1000,
  archiveType: "ZIP",
  sourceChannelId: channelId,
  sourceMessageId: newSet.firstMessageId,
  sourceTopicId: null,
  sourceCaption: "new",
  destChannelId: "library",
  destMessageIds: [1, 2],
  ingestionRunId: null,
} as const

const metadata = (count: number) => ({
  fileCount: count,
  files: Array.from({ length: count }, (_, n) => ({
    path: `supported/new ${n}.stl`,
    fileName: `new ${n}.stl`,
    extension: "stl",
    compressedBytes: n,
    uncompressedBytes: 3 * n,
    crc32: "deadbeef",
  })),
  previewData: null,
  previewMessageId: null,
  creator: "Somebody",
  tags: ["Miniatures"],
})

const withoutPublications = (sql: Sql) => sql`delete from stash_publications where "accountId" = ${accountId}`

const scan = { mapId, channelId, epoch: 0 }

type Call = Effect.Effect<unknown, unknown, Database>

/** Everything that the worker and its commands ask of the database, on a library of test/explain/library.sql. */
export const calls: Readonly<Record<string, Call>> = {
  ...appRequestCalls,
  ...metadataCalls,
  accountStandings: accountStandings(),
  policyOf: policyOf(accountId),
  setPolicy: setPolicy(accountId, { restart: null, maxRestarts: 3, withinSeconds: null }),
  setActive: setActive(accountId, false),
  giveOrder: giveOrder({ order: "review" }),
  noteStanding: noteStanding({
    accountId,
    state: "idle",
    reason: "",
    since: 0,
    restarts: 0,
    lastRestart: null,
    supervisor: "here",
  }),
  addAccount: addAccount({ phone: "15550001001", displayName: null }),
  activeAccounts: activeAccounts(),
  setAuthState: setAuthState(accountId, "EXPIRED"),
  takeAuthCode: takeAuthCode(accountId),
  storePremium: storePremium(accountId, true),
  markAuthenticated: markAuthenticated(accountId, true),
  unlinkChannel: unlinkChannel(accountId, channelId),
  setChannelActive: setChannelActive(channelId, false),
  setCategory: setCategory(channelId, "Terrain"),
  rescan: rescan(channelId, [accountId], 5 * SERVER_ID),
  channelOverviews: channelOverviews(),
  channelLinks: channelLinks(),
  callAccounts: callAccounts([accountId]),
  destination: destination(),
  linkChannel: linkChannel({ accountId, channelId, role: "READER" }),
  setDestination: setDestination("library"),
  setMarkBack: setMarkBack({ accountId, chatId: -1001000000006, messageId: 5 * SERVER_ID }),
  setMarksBack: setMarksBack(channelId, 5 * SERVER_ID),
  sourcesOf: sourcesOf(accountId),
  upsertChannel: upsertChannel({
    telegramId: -1001000000006,
    title: "Source",
    type: "SOURCE",
    isForum: false,
    isActive: true,
  }),
  begunSets: begunSets(accountId),
  "claimSet, new": claimNew,
  "claimSet, settled": claimSet({
    ...set,
    accountId,
    setName: "Pack 5.zip",
    volumes: 1,
    bytes: 1000,
    fileKey: null,
    leaseSeconds: 60,
  }),
  settleClaim: claimed((token) =>
    settleClaim({ ...newSet, token, state: "duplicate", reason: "", contentHash: known }),
  ),
  deferClaim: claimed((token) =>
    deferClaim({ ...newSet, token, stage: "download", reason: "", retryAfterSeconds: 1, countsAsAttempt: true }),
  ),
  forgetClaim: claimed((token) => forgetClaim({ ...newSet, token })),
  waitClaim: claimed((token) => waitClaim({ ...newSet, token, stage: "scan", reason: "" })),
  releaseClaims: releaseClaims(accountId),
  renewLeases: renewLeases(accountId, 60),
  setStartsBetween: setStartsBetween(channelId, 0, 100_000_000_000),
  unsettledSets: unsettledSets(channelId),
  spendMove: spendMove({ accountId, move: "join", most: 5, withinSeconds: 60, apartSeconds: 1 }),
  beginSweeps: beginSweeps("library", 1),
  destinationsSoFar: destinationsSoFar(),
  "isRecorded, yes": isRecorded(-1002000000001, 5 * SERVER_ID),
  "isRecorded, no": isRecorded(-1002000000001, 12_345),
  noteSwept: noteSwept("library", 2),
  standingOf: standingOf({
    hashPrefix: known.slice(0, 16),
    part: 1,
    destChatId: -1002000000001,
    messageId: 5 * SERVER_ID,
  }),
  sweptThrough: sweptThrough("library"),
  eventsOf: eventsOf(set),
  forgetEvents: forgetEvents(180),
  "setsCalled, by name": setsCalled("Pack 5.zip"),
  "setsCalled, by a part of the name": setsCalled("pack 77"),
  "setsCalled, by a part that most have": setsCalled("pack"),
  "setsCalled, by hash": setsCalled(known.slice(0, 12)),
  "setsCalled, by message": setsCalled("5"),
  deafSources: deafSources(),
  endLeftRuns: endLeftRuns(),
  formerWorkerSessions: formerWorkerSessions(),
  knownTables: knownTables(),
  leftAccounts: leftAccounts(),
  publicationsUnderWay: publicationsUnderWay(),
  shelf: shelf(),
  tablesOfOthers: tablesOfOthers(),
  unfinished: unfinished(),
  pendingMigrations: pendingMigrations(),
  "a publication": claimed((token) =>
    Effect.gen(function* () {
      yield* opened(token)
      yield* opened(token)
      yield* takeOverPublication({ contentHash: unknown, accountId, token })
      yield* confirmPart({ contentHash: unknown, token, part: 1, destMessageId: 7 })
      yield* isBeingPublished(newSet)
      yield* openPublications(accountId)
      yield* publicationByHash(unknown)
      yield* finishPublication({ contentHash: unknown, token })
    }),
  ),
  abandonForGood: abandonForGood({ sourceChannelId: "source1", firstMessageId: 30_000_001 * SERVER_ID }),
  unpublish: unpublish("package5"),
  leftoversIn: leftoversIn("library"),
  forgetLeftovers: forgetLeftovers("library", [900_000_000_001, 900_000_000_002]),
  loginOf: loginOf(accountId),
  noteLogin: noteLogin(accountId, { state: "ready" }),
  wantLogin: wantLogin(accountId, "code"),
  destinationsToVerify: destinationsToVerify(24),
  packagesToVerify: packagesToVerify("library", 12, 50),
  "packagesToVerify, none due": packagesToVerify("library", 1000, 50),
  noteVerified: noteVerified({ id: "package5", problem: "gone" }),
  missingPackages: missingPackages(),
  createPackageStub: createPackageStub(newStub),
  "findPackages, by name": findPackages("Pack 5.zip"),
  "findPackages, by hash": findPackages(known.slice(0, 12)),
  formerRarContents: formerRarContents(1_000_005),
  "setStandingOf, claimed": setStandingOf(foundSet),
  "setStandingOf, new": setStandingOf({ ...foundSet, ...newSet }),
  takenSets: takenSets(set.sourceChannelId, accountId, [
    { firstMessageId: set.firstMessageId, fileKey: "key 5" },
    { firstMessageId: newSet.firstMessageId, fileKey: null },
  ]),
  packageByHash: packageByHash(known),
  publishedByHash: publishedByHash(known),
  stubsWithoutMetadata: stubsWithoutMetadata(100),
  updatePackageWithMetadata: updatePackageWithMetadata("package5", metadata(2000)),
  placesOf: placesOf(known),
  contentOfFiles: contentOfFiles("key 5"),
  earlierWorkOn: earlierWorkOn("key 5", 10_000_000),
  proxyOf: proxyOf(accountId),
  setProxy: Effect.andThen(setProxy(accountId, ""), setProxy(accountId, null)),
  belongingsOf: belongingsOf(accountId),
  removeAccount: Effect.andThen(run("without publications", withoutPublications), removeAccount(accountId)),
  republishPackage: republishPackage("package5"),
  "a request": Effect.gen(function* () {
    yield* ask({ accountId, request: { _tag: "ListChats" }, timeoutSeconds: 60 })
    yield* takeRequest(accountId)
    yield* answerRequest("waiting6", { _tag: "Chats", chats: [] })
    yield* isAsked(accountId)
    yield* outcomeOf("waiting6")
    yield* failRequest("waiting7", "no")
    yield* failAbandonedRequests(accountId)
    yield* sweepRequests()
  }),
  "a run": Effect.gen(function* () {
    const id = yield* startRun(accountId)
    yield* updateRun(id, { messagesScanned: 1, currentStep: "scanning" })
    yield* finishRun(id, { status: "COMPLETED", errorMessage: null })
    yield* failStaleRuns(accountId)
    yield* failAbandonedRuns()
  }),
  accountSchedules: accountSchedules(),
  scheduleOf: scheduleOf(accountId),
  pauseAccount: Effect.andThen(pauseAccount(accountId, false), resumeAccount(accountId)),
  setSchedule: setSchedule({ accountId, quietHours: null, maxDownloadMbit: 1, maxUploadMbit: null }),
  getSetting: getSetting("destination_channel_id"),
  skippedPackages: skippedPackages(),
  skippedBefore: skippedBefore(channelId, 20_000_000 * SERVER_ID),
  skipSet: claimed((token) => skipSet({ ...skipped, token })),
  skipVanished: Effect.andThen(claimNew, skipVanished(skipped)),
  retrySkipped: retrySkipped(["skipped5"]),
  "a scan": Effect.gen(function* () {
    yield* beginScan(mapId)
    yield* noteSetMessages(channelId, [7, 8])
    yield* saveScan(scan, { floor: 200_000_000_000, low: null, high: null, loose: [] })
    yield* noteTopics(mapId, [{ topicId: SERVER_ID, name: "General", messageId: 5 }])
    yield* endScan(mapId)
    yield* noteUnreadable(mapId, "private")
  }),
  readersAtWork: readersAtWork(channelId),
  supervisorListens: supervisorListens(),
  serverFacts: serverFacts(),
  freeSessions: freeSessions(),
  libraryTotals: libraryTotals(),
  currentRuns: currentRuns(),
  publishedPackages: publishedPackages(["package5", "package6"]),
  packagesAfter: packagesAfter("package5", 100),
  databaseAnswers: databaseAnswers(),
  addUpTallies: addUpTallies(),
  recentPackages: recentPackages(20),
  recentlySkipped: recentlySkipped(20),
  currentWaits: currentWaits(),
  noteWait: noteWait({ accountId, kind: "join", cause: "flood", since: 0, until: 1, count: 1 }),
}

/** One archive of so many entries is written. */
export const writeEntries = (count: number): Call => updatePackageWithMetadata("package5", metadata(count))
