import { basename, join } from "node:path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { DatabaseError } from "../../db/database.ts"
import {
  finishPublication,
  openPublication,
  type Publication,
  type PublicationPart,
  publicationByHash,
} from "../../db/journal.ts"
import { type Part, planParts } from "../../src/archive/parts.ts"
import type { DigestResult } from "../../src/cpu/jobs.ts"
import { reach } from "../../src/fault-point.ts"
import { logEvent } from "../../src/log-line.ts"
import { AccountConfig } from "../account-config.ts"
import { timed } from "../meter.ts"
import { adoptDelivered } from "../settle/adopt-delivered.ts"
import { awaitReplay, replayOf } from "../settle/await-replay.ts"
import { isTagged } from "../settle/part-match.ts"
import { proveDelivery } from "../settle/prove-delivery.ts"
import { recordDelivery } from "../settle/record-delivery.ts"
import { Supervisor } from "../supervisor-client.ts"
import { newestMessageId, pendingSends } from "../telegram/history.ts"
import { isTooLarge } from "../telegram/telegram-error.ts"
import { UploadLimit } from "../telegram/upload-limit.ts"
import { captionTag, formatCaptionTag } from "./caption-tag.ts"
import { Drain } from "./drain.ts"
import type { Moved } from "./lane.ts"
import { Places } from "./places.ts"
import { progressTeller } from "./progress-teller.ts"
import { sendCopy } from "./send-copy.ts"
import { removeFile } from "./set-folder.ts"
import { postOf } from "./set-post.ts"
import { reportProgress, type SetWork } from "./set-work.ts"

const planOf = (work: SetWork): ReadonlyArray<Part> =>
  planParts(
    work.folder.volumePaths.map((path, index) => ({
      name: basename(path),
      bytes: work.set.volumes[index]?.bytes ?? 0,
    })),
    work.maxUploadBytes,
  )

/** A volume that fits is sent as it lies; a piece of a larger one is cut just before it is sent. */
const pathOf = (work: SetWork, part: Part): string =>
  part.whole ? (work.folder.volumePaths[part.volume] ?? "") : join(work.folder.partsPath, part.name)

/** A volume that is sent whole is the file that was digested; a piece has a digest from the same pass. */
const digestOf = (digest: DigestResult, part: Part): string | null => {
  const volume = digest.volumes[part.volume]
  return (part.whole ? volume?.sha256 : volume?.pieces[part.piece]) ?? null
}

/** Writes the journal row, before anything is sent; a row of an earlier life is taken up with its confirmed parts. */
const openJournal = Effect.fn("openJournal")(function* (
  work: SetWork,
  token: number,
  digest: DigestResult,
  plan: ReadonlyArray<Part>,
) {
  const { accountId, captionTags } = yield* AccountConfig
  const afterMessageId = yield* newestMessageId(work.destination.chatId)
  yield* reach("journal.opening")
  return yield* openPublication({
    contentHash: digest.contentHash,
    accountId,
    token,
    sourceChannelId: work.source.channelId,
    firstMessageId: work.set.firstMessageId,
    destChannelId: work.destination.channelId,
    destChatId: work.destination.chatId,
    afterMessageId,
    tag: captionTags ? formatCaptionTag(captionTag(digest.contentHash, 1, plan.length)) : "",
    directory: work.folder.path,
    parts: plan.map((part) => ({
      part: part.part,
      name: part.name,
      path: pathOf(work, part),
      bytes: part.bytes,
      sha256: digestOf(digest, part),
    })),
    stub: {
      fileName: work.set.name,
      fileSize: work.set.bytes,
      archiveType: work.set.archiveType,
      ...postOf(work.set),
      ingestionRunId: work.runId,
    },
  })
})

interface Sending {
  readonly work: SetWork
  readonly publication: Publication
  readonly plan: ReadonlyArray<Part>
  readonly moved: Moved
}

const overtaken = () =>
  new DatabaseError({
    statement: "publish",
    reason: "conflict",
    message: "another account took this publication over",
  })

const bytesBefore = (parts: ReadonlyArray<{ bytes: number }>, index: number): number =>
  parts.slice(0, index).reduce((sum, { bytes }) => sum + bytes, 0)

/**
 * Cuts a piece and proves that it is the one that was digested, so that all pieces together are the content. A volume
 * that has changed on the disk is removed, to be downloaded again.
 */
const cutPiece = Effect.fn("cutPiece")(function* (work: SetWork, part: Part, target: string, sha256: string | null) {
  const supervisor = yield* Supervisor
  const source = work.folder.volumePaths[part.volume] ?? ""
  yield* supervisor
    .cut({ source, offset: part.offset, bytes: part.bytes, target, expectedSha256: sha256 })
    .pipe(
      Effect.tapError((error) =>
        error._tag === "CpuJobError" && error.reason === "source_changed" ? removeFile(source) : Effect.void,
      ),
    )
})

const sendPart = Effect.fn("sendPart")(function* (
  { moved, plan, publication, work }: Sending,
  row: PublicationPart,
  index: number,
) {
  const part = plan[index]
  if (part === undefined || row.destMessageId !== null) return
  const tellProgress = yield* progressTeller(work, "uploading")
  const { verifyUploads } = yield* AccountConfig
  const drain = yield* Drain
  const limit = yield* UploadLimit
  const path = pathOf(work, part)
  let sentBytes = 0
  yield* drain.check
  if (!part.whole) yield* drain.interruptible(timed("split")(cutPiece(work, part, path, row.sha256)))
  yield* reach("part.ready")
  const delivered = yield* sendCopy({
    chatId: publication.destChatId,
    path,
    bytes: part.bytes,
    volume: part.whole ? work.set.volumes[part.volume] : undefined,
    // Without a tag an unsent message is recognised by the path of its file.
    canBeAhead: isTagged(publication),
    onHanded: reach("part.handed"),
    caption: isTagged(publication) ? formatCaptionTag(captionTag(publication.contentHash, part.part, plan.length)) : "",
    onProgress: (bytes) => {
      moved(Math.max(bytes - sentBytes, 0))
      sentBytes = bytes
      tellProgress(bytesBefore(plan, index) + bytes)
    },
  }).pipe(
    timed("upload"),
    Effect.tapErrorTag("TelegramError", (error) => (isTooLarge(error) ? limit.refuse : Effect.void)),
  )
  yield* reach("part.delivered")
  if (verifyUploads === "digest") yield* proveDelivery(publication, row, path, delivered)
  if (!(yield* recordDelivery(publication, row, delivered))) {
    return yield* overtaken()
  }
  yield* reach("part.confirmed")
  if (!part.whole) yield* removeFile(path)
  yield* logEvent.info("part.sent", `Sent part ${part.part} of ${plan.length}`, {
    part: part.part,
    of: plan.length,
    bytes: part.bytes,
    messageId: delivered.messageId,
  })
}, Effect.scoped)

/**
 * Goes on with what an earlier try left: waits for what TDLib is still sending of it, adopts what had been delivered.
 * Another message for the same part would be a second copy.
 */
const takeUp = Effect.fn("takeUp")(function* (work: SetWork, publication: Publication) {
  const unsent = yield* pendingSends(publication.destChatId, publication.afterMessageId)
  const replays = unsent.flatMap((message) => replayOf(message, [publication]) ?? [])
  const tellProgress = yield* progressTeller(work, "uploading")
  yield* Effect.forEach(replays, (replay) => awaitReplay(replay, tellProgress), { discard: true })
  yield* reach("replay.awaited")
  const now = yield* publicationByHash(publication.contentHash)
  if (Option.isNone(now) || now.value.token !== publication.token) return yield* overtaken()
  const adopted = yield* adoptDelivered(now.value)
  yield* reach("delivered.adopted")
  return adopted
}, Effect.scoped)

/**
 * Puts the content of a set into the destination and writes its package stub. Must run under the hash lock, with the
 * claim's `token`, which fences late writers.
 * The journal row comes first, a part counts when the server has confirmed it, and parts that an earlier life delivered
 * are adopted instead of sent again. What a person awaits (`isAwaited`) is sent beside what is being sent.
 * @returns the id of the package row and the number of parts
 */
export const publishSet = Effect.fn("publishSet")(function* (
  work: SetWork,
  token: number,
  digest: DigestResult,
  isAwaited = false,
) {
  const places = yield* Places
  const plan = planOf(work)
  yield* (yield* Drain).check
  const opened = yield* openJournal(work, token, digest, plan)
  yield* reach("journal.opened")
  const publication = opened.isNew ? opened : yield* takeUp(work, opened)
  const sending = { work, publication, plan }
  yield* places.send(
    work.set.bytes,
    (moved) =>
      Effect.forEach(publication.parts, (row, index) => sendPart({ ...sending, moved }, row, index), { discard: true }),
    isAwaited,
  )
  yield* reportProgress(work, "recording", work.set.bytes)
  yield* reach("parts.done")
  const packageId = yield* finishPublication({ contentHash: publication.contentHash, token: publication.token })
  yield* reach("package.written")
  return { packageId, parts: plan.length }
})
