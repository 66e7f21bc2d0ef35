import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Source } from "../../db/channels.ts"
import { type ArchiveSet, groupArchiveSets, type SourceFile } from "../../src/archive/archive-set.ts"
import type { SourcePhoto as PostedPhoto } from "../../src/archive/preview-match.ts"
import { AccountConfig } from "../account-config.ts"
import type { ChannelMessage } from "../telegram/channel-message.ts"
import { requireChat, searchMessages } from "../telegram/history.ts"

/** TDLib's message ids are server ids shifted left by 20 (facts/local-telegram.md). */
const ONE_MESSAGE = 2 ** 20
/** A preview photo is posted shortly before its archive, so photos are looked for a little below the mark. */
const PHOTO_LOOK_BACK = 50 * ONE_MESSAGE

/** A document of a source, as the archive rules see it, with what is needed to download it. */
export interface SourceVolume extends SourceFile {
  readonly fileId: number
  /** The same wherever this file was posted or forwarded; empty when Telegram does not tell. */
  readonly uniqueId: string
}

/** A photo of a source, with what is needed to download it. */
export interface SourcePhoto extends PostedPhoto {
  readonly fileId: number
  readonly bytes: number
}

export interface SourceScan {
  /** Ordered by first message: the oldest first. */
  readonly sets: ReadonlyArray<ArchiveSet<SourceVolume>>
  readonly photos: ReadonlyArray<SourcePhoto>
  readonly messages: number
  /** Documents that belong to no archive. */
  readonly ignored: number
  /** The newest document seen; the mark goes no further than this. */
  readonly newestMessageId: number
}

const sharedFields = ({ albumId, caption, date, id, senderId, topicId }: ChannelMessage) => ({
  messageId: id,
  date,
  senderId,
  topicId,
  albumId,
  caption,
})

const toVolumes = (message: ChannelMessage): ReadonlyArray<SourceVolume> =>
  message.content._tag === "Document"
    ? [
        {
          ...sharedFields(message),
          fileName: message.content.fileName,
          bytes: message.content.bytes,
          fileId: message.content.fileId,
          uniqueId: message.content.uniqueId,
        },
      ]
    : []

const toPhotos = (message: ChannelMessage): ReadonlyArray<SourcePhoto> =>
  message.content._tag === "Photo"
    ? [{ ...sharedFields(message), fileId: message.content.fileId, bytes: message.content.bytes }]
    : []

/**
 * Reads everything in `source` that is newer than its mark and groups it into archive sets.
 * Fails with `TelegramError` when the source cannot be read.
 */
export const scanSource = Effect.fn("scanSource")(function* (source: Source) {
  const { documentExtensions } = yield* AccountConfig
  yield* requireChat(source.chatId)
  const mark = source.mark ?? 0
  const documents = yield* Stream.runCollect(searchMessages(source.chatId, "documents", mark))
  const photos = yield* Stream.runCollect(searchMessages(source.chatId, "photos", Math.max(0, mark - PHOTO_LOOK_BACK)))
  const volumes = documents.flatMap(toVolumes)
  const sets = groupArchiveSets(volumes, { documentExtensions })
  const grouped = sets.reduce((sum, set) => sum + set.volumes.length, 0)
  const scan: SourceScan = {
    sets,
    photos: photos.flatMap(toPhotos),
    messages: documents.length + photos.length,
    ignored: documents.length - grouped,
    newestMessageId: documents.reduce((newest, message) => Math.max(newest, message.id), mark),
  }
  return scan
})
