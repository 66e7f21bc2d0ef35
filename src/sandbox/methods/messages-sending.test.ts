import type { tl } from "@mtcute/tl"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { AuthKey } from "../protocol/auth-key.ts"
import type { Wire } from "../protocol/tl-types.ts"
import type { Channel } from "../state/channel.ts"
import { type OpenTelegram, openTemporaryTelegram } from "../state/open.ts"
import type { Telegram } from "../state/telegram.ts"
import { Announcements } from "./announcements.ts"
import type { Call } from "./call.ts"
import { messageSendingMethods } from "./messages-sending.ts"
import { Sender } from "./sender.ts"
import { uploadMethods } from "./upload.ts"

const PREMIUM = "15550001"
const FREE = "15550002"

const authKey: AuthKey = {
  id: 1n,
  bytes: Buffer.alloc(256),
  dc: 1,
  salt: 0n,
  temporary: false,
  createdAt: 0,
  expiresAt: undefined,
}

let opened: OpenTelegram
let telegram: Telegram

beforeEach(async () => {
  opened = await openTemporaryTelegram(
    {
      directory: "/",
      world: {
        accounts: [
          { phone: PREMIUM, firstName: "Alice", premium: true },
          { phone: FREE, firstName: "Bob" },
        ],
        channels: [
          { name: "destination", kind: "channel", admins: [PREMIUM], members: [FREE] },
          { name: "club", kind: "supergroup", members: [PREMIUM, FREE] },
        ],
      },
    },
    "disk",
  )
  telegram = opened.telegram
})
afterEach(() => opened.close())

const callBy = (phone: string): Call => ({
  method: "",
  authKey,
  messageId: 4n,
  sessionId: 1n,
  account: telegram.accounts.get(phone),
})

const methods = () => ({
  ...messageSendingMethods(telegram, new Sender(telegram, new Announcements(telegram, () => undefined))),
  ...uploadMethods(telegram),
})

const channelNamed = (name: string): Channel => {
  const channel = telegram.channels.get(name)
  if (channel === undefined) throw new Error(`no channel ${name}`)
  return channel
}

const peerOf = (name: string): Wire<tl.RawInputPeerChannel> => {
  const { id, accessHash } = channelNamed(name).properties
  return { _: "inputPeerChannel", channelId: id, accessHash }
}

const sendText = (phone: string, channel: string, randomId: bigint) =>
  methods()["messages.sendMessage"](
    { _: "messages.sendMessage", peer: peerOf(channel), message: "hello", randomId },
    callBy(phone),
  )

const savePart = (phone: string, filePart: number, fileTotalParts: number) =>
  methods()["upload.saveBigFilePart"](
    { _: "upload.saveBigFilePart", fileId: 7n, filePart, fileTotalParts, bytes: Buffer.alloc(1024, filePart + 1) },
    callBy(phone),
  )

const sendUpload = (phone: string, parts: number, randomId: bigint) =>
  methods()["messages.sendMedia"](
    {
      _: "messages.sendMedia",
      peer: peerOf("club"),
      message: "",
      randomId,
      media: {
        _: "inputMediaUploadedDocument",
        file: { _: "inputFileBig", id: 7n, parts, name: "a.zip" },
        mimeType: "application/zip",
        attributes: [],
      },
    },
    callBy(phone),
  )

/** The message ids that an answer gives to random ids. */
const givenIds = (answer: Wire<tl.TypeUpdates>): readonly number[] =>
  answer._ === "updates" ? answer.updates.flatMap((update) => (update._ === "updateMessageID" ? [update.id] : [])) : []

describe("A message sent with a random id", () => {
  it("is there once, and answered with the same id, when it is sent again", () => {
    const first = sendText(PREMIUM, "destination", 42n)
    const again = sendText(PREMIUM, "destination", 42n)
    expect(givenIds(again)).toEqual(givenIds(first))
    expect(channelNamed("destination").messages.filter(({ isCreation }) => !isCreation)).toHaveLength(1)
  })

  it("is another message when another account uses the same random id", () => {
    expect(givenIds(sendText(FREE, "club", 42n))).not.toEqual(givenIds(sendText(PREMIUM, "club", 42n)))
  })

  it("is refused when its first message was deleted since", () => {
    const ids = givenIds(sendText(PREMIUM, "destination", 42n))
    telegram.delete(channelNamed("destination"), ids)
    expect(() => sendText(PREMIUM, "destination", 42n)).toThrow("RANDOM_ID_DUPLICATE")
  })
})

describe("Sending", () => {
  it("is refused in a channel where the account is no admin", () => {
    expect(() => sendText(FREE, "destination", 1n)).toThrow("CHAT_ADMIN_REQUIRED")
  })

  it("is open to every member of a supergroup", () => {
    expect(givenIds(sendText(FREE, "club", 1n))).toHaveLength(1)
  })

  it("names the first part of an upload that is missing, and works once it is there", () => {
    savePart(FREE, 0, 3)
    savePart(FREE, 2, 3)
    expect(() => sendUpload(FREE, 3, 1n)).toThrow("FILE_PART_1_MISSING")
    savePart(FREE, 1, 3)
    sendUpload(FREE, 3, 1n)
    expect(channelNamed("club").top?.file?.content.bytes).toBe(3072)
  })

  it("finds the file of an upload that was used up by a call whose answer got lost", () => {
    savePart(FREE, 0, 1)
    sendUpload(FREE, 1, 1n)
    sendUpload(FREE, 1, 2n)
    const [first, second] = channelNamed("club").messages.slice(-2)
    expect(first?.file).toBe(second?.file)
    expect(first?.file).toBeDefined()
  })

  it("allows 4000 parts to a free account and 8000 to one with premium", () => {
    expect(savePart(FREE, 3999, 4000)).toBe(true)
    expect(() => savePart(FREE, 0, 4001)).toThrow("FILE_PARTS_INVALID")
    expect(savePart(PREMIUM, 7999, 8000)).toBe(true)
    expect(() => savePart(PREMIUM, 0, 8001)).toThrow("FILE_PARTS_INVALID")
    expect(() => sendUpload(FREE, 4001, 1n)).toThrow("FILE_PARTS_INVALID")
  })
})
