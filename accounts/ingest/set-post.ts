import type { FoundPost } from "../../db/package-posts.ts"
import type { ArchiveSet, SourceFile } from "../../src/archive/archive-set.ts"
import type { SetWork } from "./set-work.ts"

/** What a package keeps of the messages it was made from. What has no message (its number is negative) was not posted. */
export const postOf = ({ volumes }: ArchiveSet<SourceFile>) => {
  const [first] = [...volumes].sort((a, b) => a.messageId - b.messageId)
  const isPosted = first !== undefined && first.messageId > 0
  return {
    sourceTopicId: first?.topicId ?? null,
    /** The first that says something: in an album one file bears it. */
    sourceCaption: volumes.map(({ caption }) => caption).find((caption) => caption !== "") ?? null,
    replyToMessageId: volumes.map(({ replyToMessageId }) => replyToMessageId ?? null).find((id) => id !== null) ?? null,
    ...(isPosted ? { post: { date: first.date, senderId: first.senderId, albumId: first.albumId } } : {}),
  }
}

/** The same, of a package that was published earlier. */
export const foundPost = ({ set, source }: SetWork, packageId: string): FoundPost => ({
  ...{ packageId, sourceChannelId: source.channelId, messageIds: set.volumes.map(({ messageId }) => messageId) },
  ...postOf(set),
})
