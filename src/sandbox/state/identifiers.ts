import { hash } from "node:crypto"

/** A 64-bit number that depends on these words alone, so that ids and access hashes stay the same over restarts. */
export const stableLong = (...words: readonly (string | number | bigint)[]): bigint =>
  hash("sha256", words.join("\0"), "buffer").readBigInt64LE(0)

/** The same without a sign and never zero: for ids that clients show. */
export const stableId = (...words: readonly (string | number | bigint)[]): bigint =>
  BigInt.asUintN(62, stableLong(...words)) | 1n
