import { copyFile, mkdir } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { safeFileNames } from "../src/archive/safe-file-name.ts"
import { ChatRefusal } from "../src/channel/chat-requests.ts"
import type { DocumentsWanted, FetchEvent } from "../src/channel/document-requests.ts"
import { AccountConfig } from "./account-config.ts"
import { hasVolume, moveFile, requireRoom, StorageError } from "./ingest/set-folder.ts"
import { Supervisor } from "./supervisor-client.ts"
import { downloadFile } from "./telegram/download.ts"
import { alone } from "./telegram/download-goal.ts"
import { messagesById, PAGE_SIZE, requireChat } from "./telegram/history.ts"

/** Behind what is downloaded for the library, before a preview's photo: somebody waits for it. */
const PRIORITY = 10

const documentsOf = Effect.fn("documentsOf")(function* ({ chatId, messageIds }: DocumentsWanted) {
  yield* requireChat(chatId)
  const found: Array<{ messageId: number; fileName: string; fileId: number; bytes: number }> = []
  for (let start = 0; start < messageIds.length; start += PAGE_SIZE) {
    const ids = messageIds.slice(start, start + PAGE_SIZE)
    for (const [index, message] of (yield* messagesById(chatId, ids)).entries()) {
      const messageId = ids[index] ?? 0
      if (message?.content._tag !== "Document")
        return yield* new ChatRefusal({ reason: `message ${messageId} is not in the destination any more` })
      const { bytes, fileId, fileName } = message.content
      found.push({ messageId, fileName, fileId, bytes })
    }
  }
  return found
})

/** Moves what TDLib has fetched; what it only knows to lie elsewhere on this disk, since it was sent from there, stays there. */
const bringHome = Effect.fn("bringHome")(function* (downloaded: string, path: string) {
  const { tdlibDirectory } = yield* AccountConfig
  if (downloaded.startsWith(join(tdlibDirectory, "/"))) return yield* moveFile(downloaded, path)
  yield* Effect.tryPromise({
    try: () => copyFile(downloaded, path),
    catch: (error) => new StorageError({ path, isFull: false, text: String(error) }),
  })
})

/**
 * Downloads the documents of these messages, under safe names, into the folder. What an earlier try brought home is kept.
 * Fails with `ChatRefusal` when a message is not there, or when they are larger than what is allowed.
 */
export const fetchDocuments = Effect.fn("fetchDocuments")(function* (
  wanted: DocumentsWanted,
  report: (event: FetchEvent) => Effect.Effect<void>,
) {
  const supervisor = yield* Supervisor
  const runFork = Effect.runForkWith(yield* Effect.context())
  const documents = yield* documentsOf(wanted)
  const totalBytes = documents.reduce((sum, { bytes }) => sum + bytes, 0)
  if (totalBytes > wanted.maxBytes)
    return yield* new ChatRefusal({
      reason: `it has ${totalBytes} bytes, more than the ${wanted.maxBytes} that are allowed`,
    })
  yield* Effect.tryPromise({
    try: () => mkdir(wanted.directory, { recursive: true }),
    catch: (error) => new StorageError({ path: wanted.directory, isFull: false, text: String(error) }),
  })
  const names = safeFileNames(documents.map(({ fileName }) => fileName))
  const files: Array<{ messageId: number; name: string; path: string; bytes: number }> = []
  let before = 0
  for (const [index, { bytes, fileId, fileName, messageId }] of documents.entries()) {
    const path = join(wanted.directory, names[index] ?? String(index))
    const doneBefore = before
    if (!(yield* hasVolume(path, bytes))) {
      yield* requireRoom(wanted.directory, bytes)
      const downloaded = yield* downloadFile({
        fileId,
        share: alone(PRIORITY),
        onProgress: (done) => runFork(report({ _tag: "Fetching", doneBytes: doneBefore + done, totalBytes })),
        take: (wantedBytes) => supervisor.takeBandwidth("down", wantedBytes),
      }).pipe(
        // TDLib stops a download without a word of why: its storage may have been tidied meanwhile.
        Effect.retry({ times: 3, while: (error) => error._tag === "TelegramError" && error.kind === "refused" }),
      )
      yield* bringHome(downloaded, path)
    }
    files.push({ messageId, name: fileName, path, bytes })
    before += bytes
  }
  yield* report({ _tag: "Fetched", files })
})
