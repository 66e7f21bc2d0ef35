import type { ArchiveSet, SourceFile } from "../../src/archive/archive-set.ts"

/** What a package keeps of the messages it was made from. */
export const postOf = ({ volumes }: ArchiveSet<SourceFile>) => {
  const [first] = [...volumes].sort((a, b) => a.messageId - b.messageId)
  return {
    sourceTopicId: first?.topicId ?? null,
    /** The first that says something: in an album one file bears it. */
    sourceCaption: volumes.map(({ caption }) => caption).find((caption) => caption !== "") ?? null,
    replyToMessageId: volumes.map(({ replyToMessageId }) => replyToMessageId ?? null).find((id) => id !== null) ?? null,
    ...(first === undefined ? {} : { post: { date: first.date, senderId: first.senderId, albumId: first.albumId } }),
  }
}
