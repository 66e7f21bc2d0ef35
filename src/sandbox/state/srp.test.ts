import { randomBytes } from "node:crypto"
import { describe, expect, it } from "vitest"
import { sha256 } from "../protocol/crypto.ts"
import { DH_GENERATOR, DH_PRIME, PRIME, power, toBytes, toInteger } from "../protocol/diffie-hellman.ts"
import { type PasswordProof, passwordHash, passwordVerifier, startPasswordChallenge } from "./srp.ts"

const salts = { salt1: Buffer.from("first salt"), salt2: Buffer.from("second salt") }
const generator = BigInt(DH_GENERATOR)

/** What a client answers to B, as core.telegram.org/api/srp tells it; x from the password. */
const clientProof = async (password: string, publicValue: Buffer): Promise<PasswordProof> => {
  const x = toInteger(await passwordHash(password, salts))
  const a = toInteger(randomBytes(256))
  const publicA = toBytes(power(generator, a))
  const k = toInteger(sha256(DH_PRIME, toBytes(generator)))
  const u = toInteger(sha256(publicA, publicValue))
  const t = (toInteger(publicValue) - ((k * power(generator, x)) % PRIME) + PRIME) % PRIME
  const key = sha256(toBytes(power(t, a + u * x)))
  const digest = sha256(toBytes(generator))
  const group = Buffer.from(sha256(DH_PRIME).map((byte, index) => byte ^ (digest[index] ?? 0)))
  return {
    publicValue: publicA,
    proof: sha256(group, sha256(salts.salt1), sha256(salts.salt2), publicA, publicValue, key),
  }
}

describe("A password challenge", () => {
  it("accepts the proof of the right password", async () => {
    const challenge = startPasswordChallenge(await passwordVerifier("drachen höhle", salts), salts)
    expect(challenge.accepts(await clientProof("drachen höhle", challenge.publicValue))).toBe(true)
  })

  it("refuses the proof of another password", async () => {
    const challenge = startPasswordChallenge(await passwordVerifier("right", salts), salts)
    expect(challenge.accepts(await clientProof("wrong", challenge.publicValue))).toBe(false)
  })

  it("refuses a proof that answered an earlier challenge", async () => {
    const verifier = await passwordVerifier("right", salts)
    const proof = await clientProof("right", startPasswordChallenge(verifier, salts).publicValue)
    expect(startPasswordChallenge(verifier, salts).accepts(proof)).toBe(false)
  })

  it("refuses public values that force the shared secret to a known number", async () => {
    const challenge = startPasswordChallenge(await passwordVerifier("right", salts), salts)
    const key = sha256(toBytes(0n))
    const digest = sha256(toBytes(generator))
    const group = Buffer.from(sha256(DH_PRIME).map((byte, index) => byte ^ (digest[index] ?? 0)))
    for (const publicValue of [toBytes(0n), DH_PRIME]) {
      const proof = sha256(group, sha256(salts.salt1), sha256(salts.salt2), publicValue, challenge.publicValue, key)
      expect(challenge.accepts({ publicValue, proof })).toBe(false)
    }
  })

  it("sends a public value of 256 bytes below the prime", async () => {
    const { publicValue } = startPasswordChallenge(await passwordVerifier("right", salts), salts)
    expect(publicValue).toHaveLength(256)
    expect(toInteger(publicValue) < PRIME).toBe(true)
  })
})
