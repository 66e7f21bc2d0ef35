import type { SourceFile } from "../../src/archive/archive-set.ts"
import type { SourcePhoto as PostedPhoto } from "../../src/archive/preview-match.ts"
import type { ChannelMessage } from "../telegram/channel-message.ts"

/** A document of a source, as the archive rules see it, with what is needed to download it. */
export interface SourceVolume extends SourceFile {
  readonly fileId: number
  /** The same wherever this file was posted or forwarded; empty when Telegram does not tell. */
  readonly uniqueId: string
  /** False: protected content. */
  readonly canBeSaved: boolean
}

/** A photo of a source, with what is needed to download it. */
export interface SourcePhoto extends PostedPhoto {
  readonly fileId: number
  readonly bytes: number
}

const sharedFields = ({ albumId, caption, date, id, replyToMessageId, senderId, topicId }: ChannelMessage) => ({
  messageId: id,
  date,
  senderId,
  topicId,
  albumId,
  caption,
  replyToMessageId,
})

/** The document of a message, if it has one. */
export const toVolumes = (message: ChannelMessage): ReadonlyArray<SourceVolume> =>
  message.content._tag === "Document"
    ? [
        {
          ...sharedFields(message),
          fileName: message.content.fileName,
          bytes: message.content.bytes,
          fileId: message.content.fileId,
          uniqueId: message.content.uniqueId,
          canBeSaved: message.canBeSaved,
        },
      ]
    : []

/** The photo of a message, if it has one that may be saved. */
export const toPhotos = (message: ChannelMessage): ReadonlyArray<SourcePhoto> =>
  message.content._tag === "Photo" && message.canBeSaved
    ? [{ ...sharedFields(message), fileId: message.content.fileId, bytes: message.content.bytes }]
    : []
