import { createHash } from "node:crypto"
import { Effect, Option } from "effect"
import { announceLate, announcePackage } from "../../db/announcements.ts"
import {
  type AppRequestKind,
  appRequestKinds,
  destinationWithoutLink,
  endAppRequest,
  failUntaken,
  fittestAccount,
  forgetWithdrawn,
  giveBackAppRequest,
  giveBackOfEarlierLife,
  noteHeard,
  noticeUnheard,
  passOnAppRequest,
  renewAppRequest,
  takeAppRequest,
  waitingAppRequests,
  writeFailure,
} from "../../db/app-requests.ts"
import { completeFetch, noteFetchProgress } from "../../db/channel-fetch-requests.ts"
import { channelByChat, isLinked, knownChannels, noteSeenChannels } from "../../db/channels.ts"
import type { Database } from "../../db/database.ts"
import { completeExtract, completeExtractAgain, extractTarget, hasExtracted } from "../../db/extract-requests.ts"
import { completeUpload, manualUpload, notePublishedFiles } from "../../db/manual-uploads.ts"
import {
  askRebuild,
  attachMessages,
  fetchOutcome,
  insertRestored,
  knownContent,
  libraryMessages,
  lostPackageCalled,
} from "../../db/rebuild.ts"

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

const accountId = "account6"
const chats = Array.from({ length: 200 }, (_, n) => ({
  chatId: -1001000000001 - n,
  title: `Chat ${n}`,
  isForum: false,
}))

const heard = (kind: AppRequestKind, id: string) =>
  noteHeard({ id, kind, input: {}, wantedAccountId: accountId, isBound: kind === "channel_fetch" })

const rowOf: Readonly<Record<AppRequestKind, string>> = {
  channel_fetch: "open fetch 6",
  join_channel: "open fetch 6",
  create_destination: "open fetch 6",
  rebuild_packages: "open fetch 6",
  generate_invite: "invite:library",
  archive_extract: "open extract 6",
  manual_upload: "open upload 6",
}

/** Heard, taken, kept, passed on, taken again, and ended. */
const requestOf = Effect.fn("requestOf")(function* (kind: AppRequestKind) {
  yield* heard(kind, rowOf[kind])
  const taken = yield* takeAppRequest(accountId, [kind])
  if (Option.isNone(taken)) return yield* Effect.die(`${kind} cannot be taken`)
  yield* renewAppRequest(taken.value)
  yield* giveBackAppRequest(taken.value)
  yield* endAppRequest(taken.value, writeFailure(kind, rowOf[kind], "no"))
  yield* passOnAppRequest(taken.value, "no")
})

/** What the web app has the worker ask of the database. */
export const appRequestCalls: Readonly<Record<string, Effect.Effect<unknown, unknown, Database>>> = {
  ...Object.fromEntries(appRequestKinds.map((kind) => [`a request: ${kind}`, requestOf(kind)])),
  noticeUnheard: noticeUnheard(),
  giveBackOfEarlierLife: giveBackOfEarlierLife(accountId),
  failUntaken: failUntaken(() => "nobody did it"),
  waitingAppRequests: waitingAppRequests(),
  forgetWithdrawn: forgetWithdrawn(),
  fittestAccount: fittestAccount(),
  destinationWithoutLink: destinationWithoutLink(),
  completeFetch: completeFetch("open fetch 6", { title: "Source" }),
  noteFetchProgress: noteFetchProgress("open fetch 6", { messagesScanned: 1 }),
  channelByChat: channelByChat(-1001000000006),
  noteSeenChannels: noteSeenChannels(chats),
  knownChannels: knownChannels(
    accountId,
    chats.map(({ chatId }) => chatId),
  ),
  isLinked: isLinked(accountId, "library"),
  extractTarget: extractTarget("open extract 6"),
  hasExtracted: hasExtracted("open extract 6"),
  completeExtractAgain: completeExtractAgain("open extract 6"),
  completeExtract: completeExtract("open extract 6", new Uint8Array(5), "image/png"),
  manualUpload: manualUpload("open upload 6"),
  notePublishedFiles: notePublishedFiles(["a file of open upload 6"], "package5"),
  completeUpload: completeUpload("open upload 6", { name: "Own", packageIds: ["package5", "package6"] }),
  libraryMessages: libraryMessages("library"),
  "knownContent, yes": knownContent(sha256("5").slice(0, 16)),
  "knownContent, no": knownContent(sha256("nothing").slice(0, 16)),
  lostPackageCalled: lostPackageCalled("Pack 200.zip", 1_000_200),
  attachMessages: attachMessages("package200", { destChannelId: "library", messageIds: [1, 2] }),
  insertRestored: insertRestored({
    ...{ contentHash: sha256("nothing"), fileName: "New.zip", fileSize: 1000, archiveType: "ZIP", source: null },
    ...{ destChannelId: "library", messageIds: [1, 2] },
  }),
  "askRebuild, and how it went": Effect.flatMap(askRebuild({ accountId, input: {} }), fetchOutcome),
  announcePackage: announcePackage("package5"),
  announceLate: announceLate(600),
}
