import { randomBytes } from "node:crypto"
import type { TlObject } from "../../../src/sandbox/protocol/tl-types.ts"
import { encode } from "../../../src/sandbox/protocol/tl-writer.ts"
import type { Endpoint } from "../../../src/sandbox/sandbox.ts"
import { MtprotoClient } from "../../../src/sandbox/testing/mtproto-client.ts"
import { seconds } from "../measure.ts"

/** As TDLib does: parts of 128 KiB for files up to 500 MiB, and so many of them under way. */
const PART_BYTES = 128 * 1024
const UNDER_WAY = 11

const logIn = async (client: MtprotoClient, phoneNumber: string): Promise<void> => {
  const settings = { _: "codeSettings" }
  const sent = await client.ask({ _: "auth.sendCode", phoneNumber, apiId: 1, apiHash: "", settings } as TlObject)
  const phoneCodeHash = "phoneCodeHash" in sent ? sent.phoneCodeHash : ""
  await client.ask({ _: "auth.signIn", phoneNumber, phoneCode: "12345", phoneCodeHash } as TlObject)
}

/**
 * Uploads random bytes by a client that has encrypted everything before and so costs next to nothing: what the sandbox
 * can do when nothing else needs the machine. Resolves with bytes per second.
 */
export const replayUpload = async (endpoint: Endpoint, phone: string, bytes: number): Promise<number> => {
  using client = await MtprotoClient.connect(endpoint)
  await logIn(client, phone)
  const fileId = randomBytes(8).readBigInt64LE()
  const fileTotalParts = Math.ceil(bytes / PART_BYTES)
  const calls = Array.from({ length: fileTotalParts }, (_, filePart) => {
    const call = { _: "upload.saveBigFilePart", fileId, filePart, fileTotalParts, bytes: randomBytes(PART_BYTES) }
    const messageId = client.nextMessageId()
    return { messageId, frame: client.seal({ messageId, body: encode(call as TlObject) }) }
  })
  const took = await seconds(async () => {
    client.forget()
    for (const [index, { frame }] of calls.entries()) {
      client.sendFrame(frame)
      const before = calls[index - UNDER_WAY + 1]
      if (before !== undefined) await client.message(({ queryId }) => queryId === before.messageId)
    }
    await client.message(({ queryId }) => queryId === calls.at(-1)?.messageId)
  })
  return (fileTotalParts * PART_BYTES) / took
}
