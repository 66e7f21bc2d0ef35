import type { mtp } from "@mtcute/tl"
import type { AuthKey } from "./auth-key.ts"
import { decryptIge, type IgeKey, sha1 } from "./crypto.ts"
import { ProtocolViolation } from "./protocol-violation.ts"
import { decode } from "./tl-reader.ts"
import type { ProtocolMessage, Wire } from "./tl-types.ts"

/** 16 random bytes, message identifier, sequence number, length. */
const HEADER_BYTES = 32
/** bind_auth_key_inner has a fixed size. */
const BODY_BYTES = 40

/** What a client signs with its permanent key to bind a temporary one to it. */
export interface BindingMessage {
  readonly messageId: bigint
  readonly binding: Wire<mtp.RawMt_bind_auth_key_inner>
}

const refuse = (why: string): never => {
  throw new ProtocolViolation("key-binding", why)
}

/** Key and IV of a message from client to server in MTProto 1 (core.telegram.org/mtproto/description_v1). */
const keyOfVersion1 = (authKey: Buffer, messageKey: Buffer): IgeKey => {
  const a = sha1(messageKey, authKey.subarray(0, 32))
  const b = sha1(authKey.subarray(32, 48), messageKey, authKey.subarray(48, 64))
  const c = sha1(authKey.subarray(64, 96), messageKey)
  const d = sha1(messageKey, authKey.subarray(96, 128))
  return {
    key: Buffer.concat([a.subarray(0, 8), b.subarray(8, 20), c.subarray(4, 16)]),
    iv: Buffer.concat([a.subarray(8, 20), b.subarray(0, 8), c.subarray(16, 20), d.subarray(0, 8)]),
  }
}

/**
 * Opens encrypted_message of auth.bindTempAuthKey, which is encrypted as in MTProto 1 with the permanent key
 * (core.telegram.org/method/auth.bindTempAuthKey). Throws ProtocolViolation.
 */
export const openBindingMessage = (permanent: AuthKey, encrypted: Buffer): BindingMessage => {
  const length = encrypted.length - 24
  if (length < HEADER_BYTES + BODY_BYTES || length % 16 !== 0) refuse(`a binding message of ${encrypted.length} bytes`)
  if (encrypted.readBigUInt64LE(0) !== permanent.id) refuse("the binding message is for another key")
  const messageKey = encrypted.subarray(8, 24)
  const plain = decryptIge(encrypted.subarray(24), keyOfVersion1(permanent.bytes, messageKey))
  const message = plain.subarray(0, HEADER_BYTES + BODY_BYTES)
  if (!sha1(message).subarray(4).equals(messageKey)) refuse("the message key of the binding message is wrong")
  if (plain.length - message.length >= 16) refuse("the binding message has too much padding")
  if (message.readInt32LE(24) !== 0) refuse("the sequence number of the binding message is not zero")
  if (message.readInt32LE(28) !== BODY_BYTES) refuse("the length of the binding message is wrong")
  const binding = decode(message.subarray(HEADER_BYTES)) as ProtocolMessage
  if (binding._ !== "mt_bind_auth_key_inner") return refuse(`${binding._} does not bind a key`)
  return { messageId: message.readBigInt64LE(16), binding }
}
