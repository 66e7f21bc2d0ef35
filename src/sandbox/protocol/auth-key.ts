import { createPublicKey, type KeyObject } from "node:crypto"
import { sha1 } from "./crypto.ts"
import { TlWriter } from "./tl-writer.ts"

/** A key that a client and this server have agreed on. */
export interface AuthKey {
  /** The low 64 bits of the key's SHA-1, unsigned. */
  readonly id: bigint
  /** 256 bytes */
  readonly bytes: Buffer
  /** The data centre that the client believes it talks to; above 10000 for the test environment. */
  readonly dc: number
  /** The server salt that came out of the handshake, the first of many. */
  readonly salt: bigint
  /** Unix seconds */
  readonly createdAt: number
  /** A temporary key serves a permanent one (perfect forward secrecy) once it is bound. */
  readonly temporary: boolean
  /** When a temporary key ends, Unix seconds; undefined for a permanent one. */
  readonly expiresAt: number | undefined
}

/** The id of an auth key: the low 64 bits of its SHA-1. */
export const authKeyId = (bytes: Uint8Array): bigint => sha1(bytes).readBigUInt64LE(12)

/** The fingerprint by which a client picks the server's RSA key: the low 64 bits of SHA-1 over n and e as TL byte strings. */
export const rsaFingerprint = (privateKey: KeyObject): bigint => {
  const { n = "", e = "" } = createPublicKey(privateKey).export({ format: "jwk" })
  const writer = new TlWriter()
  writer.bytes(Buffer.from(n, "base64url"))
  writer.bytes(Buffer.from(e, "base64url"))
  return sha1(writer.done()).readBigInt64LE(12)
}
