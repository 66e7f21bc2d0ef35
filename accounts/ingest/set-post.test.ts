import { describe, expect, it } from "vitest"
import { groupArchiveSets, type SourceFile } from "../../src/archive/archive-set.ts"
import { postOf } from "./set-post.ts"

const file = (messageId: number, fileName: string, changes: Partial<SourceFile> = {}): SourceFile => ({
  messageId,
  date: 1000 + messageId,
  fileName,
  bytes: 1,
  senderId: "chat:-1001",
  topicId: 4,
  albumId: null,
  caption: "",
  ...changes,
})

const post = (...files: ReadonlyArray<SourceFile>) => {
  const [set] = groupArchiveSets(files)
  return set && postOf(set)
}

describe("what a package keeps of its post", () => {
  it("is told by the first message, and by whichever volume has a caption, or answers something", () => {
    const first = file(7, "a.part2.rar", { albumId: "9" })
    expect(post(file(8, "a.part1.rar", { caption: "A", replyToMessageId: 3 }), first)).toEqual({
      sourceTopicId: 4,
      sourceCaption: "A",
      replyToMessageId: 3,
      post: { date: 1007, senderId: "chat:-1001", albumId: "9" },
    })
  })

  it("is no post where there was no message", () => {
    expect(post(file(-7, "a.zip"))).toEqual({ sourceTopicId: 4, sourceCaption: null, replyToMessageId: null })
  })
})
