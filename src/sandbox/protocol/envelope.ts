import { randomBytes } from "node:crypto"
import type { AuthKey } from "./auth-key.ts"
import { encryptIge, messageIgeKey, messageKeyOf } from "./crypto.ts"
import { IgeDecryption } from "./ige-decryption.ts"
import { ProtocolViolation } from "./protocol-violation.ts"

/** One decrypted message as MTProto 2.0 wraps it (core.telegram.org/mtproto/description#encrypted-message). */
export interface Envelope {
  readonly salt: bigint
  readonly sessionId: bigint
  readonly messageId: bigint
  readonly sequence: number
  readonly body: Buffer
}

const HEADER_BYTES = 32
const MIN_PADDING = 12
const MAX_PADDING = 1024

/** Not what others decrypt with, because a message may be read on after that. */
const frames = new IgeDecryption()

/** Decrypts a frame (auth key id, message key, data) that a client sent, and verifies its message key. */
const decryptFrame = (key: Buffer, frame: Uint8Array): Buffer => {
  // A padded transport may add up to 15 bytes after the last AES block.
  const length = (frame.length - 24) & ~15
  if (length < HEADER_BYTES + MIN_PADDING) throw new ProtocolViolation("transport", "an encrypted message is too short")
  const messageKey = frame.subarray(8, 24)
  const plain = frames.decrypt(frame.subarray(24, 24 + length), messageIgeKey(key, messageKey, 0))
  if (!messageKeyOf(key, plain, 0).equals(messageKey)) {
    throw new ProtocolViolation("message-key", "the message key is wrong")
  }
  return plain
}

/** Decrypts, verifies and reads a frame; throws ProtocolViolation. The body is valid until another frame is opened. */
export const openEnvelope = (authKey: AuthKey, frame: Buffer): Envelope => {
  const plain = decryptFrame(authKey.bytes, frame)
  const bodyLength = plain.readUInt32LE(28)
  const padding = plain.length - HEADER_BYTES - bodyLength
  if (padding < MIN_PADDING || padding > MAX_PADDING)
    throw new ProtocolViolation("padding", `${padding} bytes of padding`)
  return {
    salt: plain.readBigInt64LE(0),
    sessionId: plain.readBigInt64LE(8),
    messageId: plain.readBigInt64LE(16),
    sequence: plain.readInt32LE(24),
    body: plain.subarray(HEADER_BYTES, HEADER_BYTES + bodyLength),
  }
}

/** Holds a message until it is encrypted; used again, because messages are large and many. */
let scratch = Buffer.allocUnsafeSlow(64 * 1024)

/** Encrypts a message for the client; the pieces together are one frame. */
export const sealEnvelope = (authKey: AuthKey, envelope: Envelope): readonly [Uint8Array, Uint8Array] => {
  const { body } = envelope
  const unpadded = HEADER_BYTES + body.length
  const padding = MIN_PADDING + ((16 - ((unpadded + MIN_PADDING) % 16)) % 16)
  if (scratch.length < unpadded + padding) scratch = Buffer.allocUnsafeSlow(unpadded + padding)
  const plain = scratch.subarray(0, unpadded + padding)
  plain.writeBigInt64LE(envelope.salt, 0)
  plain.writeBigInt64LE(envelope.sessionId, 8)
  plain.writeBigInt64LE(envelope.messageId, 16)
  plain.writeInt32LE(envelope.sequence, 24)
  plain.writeInt32LE(body.length, 28)
  body.copy(plain, HEADER_BYTES)
  plain.set(randomBytes(padding), unpadded)
  const messageKey = messageKeyOf(authKey.bytes, plain, 8)
  const header = Buffer.alloc(24)
  header.writeBigUInt64LE(authKey.id, 0)
  messageKey.copy(header, 8)
  return [header, encryptIge(plain, messageIgeKey(authKey.bytes, messageKey, 8))]
}
