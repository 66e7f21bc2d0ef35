import { randomBytes } from "node:crypto"

/** Telegram's own 2048-bit safe prime. TDLib knows it and skips its primality test (core.telegram.org/mtproto/auth_key). */
export const DH_PRIME = Buffer.from(
  "c71caeb9c6b1c9048e6c522f70f13f73980d40238e3e21c14934d037563d930f48198a0aa7c14058229493d22530f4dbfa336f6e0ac925139543aed44cce7c37" +
    "20fd51f69458705ac68cd4fe6b6b13abdc9746512969328454f18faf8c595f642477fe96bb2a941d5bcd1d4ac8cc49880708fa9b378e3c4f3a9060bee67cf9a4" +
    "a4a695811051907e162753b56b0f6b410dba74d8a84b2a14b3144e0ef1284754fd17ed950d5965b4b9dd46582db1178d169c6bc465b0d6ff9ca3928fef5b9ae4" +
    "e418fc15e83ebea0f87fa9ff5eed70050ded2849f47bf959d956850ce929851f0d8115f635b105ee2e4e15d04b2454bf6f4fadf034b10403119cd8e3b92fcc5b",
  "hex",
)
export const DH_GENERATOR = 3

/** DH_PRIME as a number. */
export const PRIME = toInteger(DH_PRIME)
/** g_b must lie in 2^(2048-64) .. p - 2^(2048-64), as the protocol's security rules say. */
const MARGIN = 1n << (2048n - 64n)

/** Big-endian bytes as a number. */
export function toInteger(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString("hex")}`)
}

/** A number below DH_PRIME as 256 bytes, big-endian. */
export const toBytes = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(512, "0"), "hex")

/** base ^ exponent modulo DH_PRIME. */
export const power = (base: bigint, exponent: bigint): bigint => {
  let result = 1n
  let square = base % PRIME
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % PRIME
    square = (square * square) % PRIME
  }
  return result
}

/** One side of a key agreement. */
export interface KeyAgreement {
  /** g_a, 256 bytes big-endian */
  readonly publicValue: Buffer
  /** The shared 256-byte key for the other side's g_b, or undefined when g_b is outside the safe range. */
  readonly sharedKey: (other: Uint8Array) => Buffer | undefined
}

/** Starts a key agreement with a fresh random exponent. */
export const startKeyAgreement = (): KeyAgreement => {
  const exponent = toInteger(randomBytes(256))
  return {
    publicValue: toBytes(power(BigInt(DH_GENERATOR), exponent)),
    sharedKey: (other) => {
      const value = toInteger(other)
      return value < MARGIN || value > PRIME - MARGIN ? undefined : toBytes(power(value, exponent))
    },
  }
}
