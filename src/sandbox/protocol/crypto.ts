import { createHash } from "node:crypto"

export { decryptIge } from "./ige-decryption.ts"
export { encryptIge } from "./ige-encryption.ts"

const digest = (algorithm: "sha1" | "sha256", parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash(algorithm)
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** SHA-1 of the parts one after another. */
export const sha1 = (...parts: readonly Uint8Array[]): Buffer => digest("sha1", parts)

/** SHA-256 of the parts one after another. */
export const sha256 = (...parts: readonly Uint8Array[]): Buffer => digest("sha256", parts)

export interface IgeKey {
  /** 32 bytes */
  readonly key: Uint8Array
  /** 32 bytes */
  readonly iv: Uint8Array
}

/** The key derivation offset x of MTProto 2.0: 0 for what the client sends, 8 for what the server sends. */
export type Direction = 0 | 8

/** The AES key and IV of one message (core.telegram.org/mtproto/description#defining-aes-key-and-initialization-vector). */
export const messageIgeKey = (authKey: Buffer, messageKey: Uint8Array, x: Direction): IgeKey => {
  const a = sha256(messageKey, authKey.subarray(x, x + 36))
  const b = sha256(authKey.subarray(40 + x, 76 + x), messageKey)
  return {
    key: Buffer.concat([a.subarray(0, 8), b.subarray(8, 24), a.subarray(24, 32)]),
    iv: Buffer.concat([b.subarray(0, 8), a.subarray(8, 24), b.subarray(24, 32)]),
  }
}

/** The message key: the middle 128 bits of SHA-256 over 32 bytes of the auth key and the padded plaintext. */
export const messageKeyOf = (authKey: Buffer, plaintext: Uint8Array, x: Direction): Buffer =>
  sha256(authKey.subarray(88 + x, 120 + x), plaintext).subarray(8, 24)
