import { appendFileSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import type * as Td from "tdlib-types"
import { generatedContent } from "../../src/sandbox/state/content.ts"
import type { TdlibProcess } from "../../src/sandbox/testing/tdlib-process.ts"
import { MEBIBYTE, seconds } from "./measure.ts"

/** A document that can be downloaded. */
interface RemoteDocument {
  readonly name: string
  readonly fileId: number
  readonly bytes: number
}

/** A plain TDLib that downloads from one chat and uploads to the chat `library`. */
export class BenchClient {
  readonly tdlib: TdlibProcess
  readonly #folder: string
  #chats = new Map<string, number>()
  #sent = 0

  /** folder: for the files that it makes. */
  constructor(tdlib: TdlibProcess, folder: string) {
    this.tdlib = tdlib
    this.#folder = folder
  }

  async logIn(phone: string): Promise<void> {
    await this.tdlib.logIn(phone, "12345")
    await this.tdlib.loadAllChats()
    for (const update of this.tdlib.updates) {
      if (update._ === "updateNewChat") this.#chats.set(update.chat.title, update.chat.id)
    }
  }

  /** The documents of a chat, at most a hundred, oldest first. */
  async documents(chat: string): Promise<ReadonlyArray<RemoteDocument>> {
    const { messages } = await this.tdlib.invoke({
      _: "searchChatMessages",
      chat_id: this.#chats.get(chat) ?? 0,
      query: "",
      from_message_id: 0,
      offset: 0,
      limit: 100,
      filter: { _: "searchMessagesFilterDocument" },
    })
    return messages
      .map(({ content }) => content)
      .filter((content): content is Td.messageDocument => content._ === "messageDocument")
      .map(({ document: { document: file, file_name: name } }) => ({ name, fileId: file.id, bytes: file.size }))
      .reverse()
  }

  /** Downloads a document; the path that it lies at. */
  async fetch({ fileId }: RemoteDocument): Promise<string> {
    const request = {
      _: "downloadFile",
      file_id: fileId,
      priority: 1,
      offset: 0,
      limit: 0,
      synchronous: true,
    } as const
    return (await this.tdlib.invoke(request)).local.path
  }

  /** Downloads so many bytes at the beginning of a document. */
  async fetchBeginning({ fileId }: RemoteDocument, bytes: number): Promise<void> {
    await this.tdlib.invoke({
      _: "downloadFile",
      file_id: fileId,
      priority: 1,
      offset: 0,
      limit: bytes,
      synchronous: true,
    })
  }

  async forget({ fileId }: RemoteDocument): Promise<void> {
    await this.tdlib.invoke({ _: "deleteFile", file_id: fileId })
  }

  /** Downloads a document of the chat `source` and removes it; bytes per second. */
  async download(name: string): Promise<number> {
    const document = (await this.documents("source")).find((one) => one.name === name)
    if (document === undefined) throw new Error(`no ${name} in the source`)
    const speed = document.bytes / (await seconds(() => this.fetch(document)))
    await this.forget(document)
    return speed
  }

  /** Makes a file to be uploaded, so that making it is not measured. */
  prepare(mebibytes: number): string {
    const path = join(this.#folder, `upload-${++this.#sent}.bin`)
    // TDLib packs what can be packed, so the bytes must be random ones.
    const content = generatedContent(mebibytes * MEBIBYTE, path)
    for (let at = 0; at < content.bytes; at += 16 * MEBIBYTE) appendFileSync(path, content.read(at, 16 * MEBIBYTE))
    return path
  }

  /** Sends a file as a document, and waits until the server has it. */
  async send(path: string): Promise<void> {
    const message = await this.tdlib.invoke({
      _: "sendMessage",
      chat_id: this.#chats.get("library") ?? 0,
      input_message_content: { _: "inputMessageDocument", document: { _: "inputFileLocal", path } },
    })
    await this.tdlib.delivered(message)
  }

  /** Uploads a file and removes it; bytes per second. */
  async upload(path: string): Promise<number> {
    const { size } = statSync(path)
    try {
      return size / (await seconds(() => this.send(path)))
    } finally {
      rmSync(path)
    }
  }
}
