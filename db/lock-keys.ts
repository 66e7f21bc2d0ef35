import { createHash } from "node:crypto"

/**
 * Advisory lock keys. Postgres keeps keys of one bigint and keys of two integers apart, so the locks on contents (bigint) and the
 * locks on accounts (two integers) can never meet.
 */

/** The first 8 bytes of a content hash (SHA-256, 64 hexadecimal digits) as a signed 64-bit number. Throws on anything else. */
export const hashLockKey = (contentHash: string): bigint => {
  if (!/^[0-9a-f]{64}$/i.test(contentHash))
    throw new RangeError(`not a SHA-256 in hexadecimal: ${contentHash.slice(0, 80)}`)
  return BigInt.asIntN(64, BigInt(`0x${contentHash.slice(0, 16)}`))
}

/** "stas" in ASCII: our namespace among the two-integer keys. */
const accountLockNamespace = 0x73746173

/** Namespace and key, both signed 32-bit. Two accounts share a key once in 2^32, and then only one of them runs at a time. */
export const accountLockKey = (accountId: string): readonly [namespace: number, key: number] => [
  accountLockNamespace,
  createHash("sha256").update(accountId).digest().readInt32BE(0),
]
