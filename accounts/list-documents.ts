import * as Effect from "effect/Effect"
import { ChatRefusal } from "../src/channel/chat-requests.ts"
import type { DocumentPage, ListedDocument } from "../src/channel/document-requests.ts"
import { parseCaptionTag } from "./ingest/caption-tag.ts"
import type { ChannelMessage } from "./telegram/channel-message.ts"
import { requireChat, searchPage, seesWholeHistory } from "./telegram/history.ts"

const listed = (message: ChannelMessage): ReadonlyArray<ListedDocument> => {
  const { albumId, caption, content, date, id, isForwarded, sending } = message
  if (content._tag !== "Document" || sending !== "sent") return []
  const tag = isForwarded ? null : (parseCaptionTag(caption) ?? null)
  return [{ messageId: id, fileName: content.fileName, bytes: content.bytes, date, albumId, tag }]
}

/**
 * Tells of all documents of a chat, page by page, the newest first. Fails with `ChatRefusal` when the account sees only a part of the
 * chat: what it does not see would seem to be gone.
 */
export const listDocuments = Effect.fn("listDocuments")(function* (
  chatId: number,
  report: (page: DocumentPage) => Effect.Effect<void>,
) {
  const chat = yield* requireChat(chatId)
  if (!(yield* seesWholeHistory(chatId)))
    return yield* new ChatRefusal({ reason: `the account sees only a part of what was posted in ${chat.title}` })
  let from = 0
  do {
    const page = yield* searchPage(chatId, "documents", from)
    yield* report({ documents: page.messages.flatMap(listed) })
    from = page.next
  } while (from !== 0)
})
