import { pbkdf2, randomBytes, timingSafeEqual } from "node:crypto"
import { promisify } from "node:util"
import { sha256 } from "../protocol/crypto.ts"
import { DH_GENERATOR, DH_PRIME, PRIME, power, toBytes, toInteger } from "../protocol/diffie-hellman.ts"

/*
 * The server's half of Telegram's SRP (core.telegram.org/api/srp), the algorithm
 * passwordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow. Numbers are hashed as 256 bytes, big-endian. The
 * server keeps the verifier v = g^x and never the password's hash x.
 */

const ITERATIONS = 100_000
const GENERATOR = toBytes(BigInt(DH_GENERATOR))
/** k = H(p | g) */
const MULTIPLIER = toInteger(sha256(DH_PRIME, GENERATOR))
/** H(p) xor H(g) */
const GROUP_DIGEST = xor(sha256(DH_PRIME), sha256(GENERATOR))

/** What makes equal passwords of two accounts differ; a client is told both. */
export interface PasswordSalts {
  readonly salt1: Uint8Array
  readonly salt2: Uint8Array
}

/** What the client sends in inputCheckPasswordSRP: A and M1. */
export interface PasswordProof {
  readonly publicValue: Uint8Array
  readonly proof: Uint8Array
}

function xor(left: Uint8Array, right: Uint8Array): Buffer {
  return Buffer.from(left.map((byte, index) => byte ^ (right[index] ?? 0)))
}

const stretch = promisify(pbkdf2)

/** SH(data, salt) = H(salt | data | salt) */
const saltedHash = (data: Uint8Array, salt: Uint8Array): Buffer => sha256(salt, data, salt)

/** x of the document, its PH2: 32 bytes. Takes tens of milliseconds in a thread of Node's pool. */
export const passwordHash = async (password: string, { salt1, salt2 }: PasswordSalts): Promise<Buffer> => {
  const first = saltedHash(saltedHash(Buffer.from(password), salt1), salt2)
  return saltedHash(await stretch(first, salt1, ITERATIONS, 64, "sha512"), salt2)
}

/** v of the document: 256 bytes. */
export const passwordVerifier = async (password: string, salts: PasswordSalts): Promise<Buffer> =>
  toBytes(power(BigInt(DH_GENERATOR), toInteger(await passwordHash(password, salts))))

/** One chance to prove that a password is known. */
export interface PasswordChallenge {
  /** B of the document, 256 bytes. */
  readonly publicValue: Buffer
  /** Whether the proof was made with the verifier's password. */
  readonly accepts: (answer: PasswordProof) => boolean
}

/** Starts a challenge with a fresh random exponent; verifier: 256 bytes. */
export const startPasswordChallenge = (verifier: Uint8Array, { salt1, salt2 }: PasswordSalts): PasswordChallenge => {
  const v = toInteger(verifier)
  const exponent = toInteger(randomBytes(256))
  const publicValue = toBytes((MULTIPLIER * v + power(BigInt(DH_GENERATOR), exponent)) % PRIME)
  return {
    publicValue,
    accepts: (answer) => {
      const a = toInteger(answer.publicValue)
      // A multiple of p would make the shared secret zero without any password.
      if (a <= 0n || a >= PRIME) return false
      const publicA = toBytes(a)
      const u = toInteger(sha256(publicA, publicValue))
      const secret = power((a * power(v, u)) % PRIME, exponent)
      const key = sha256(toBytes(secret))
      const expected = sha256(GROUP_DIGEST, sha256(salt1), sha256(salt2), publicA, publicValue, key)
      return answer.proof.length === expected.length && timingSafeEqual(answer.proof, expected)
    },
  }
}
