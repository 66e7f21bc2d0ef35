import * as Schema from "effect/Schema"
import { sha256 } from "../protocol/crypto.ts"
import { type PasswordSalts, passwordVerifier } from "./srp.ts"

/** A two-step verification password as the journal keeps it: in plain text from the world, as a verifier from a client. */
export const PasswordRecord = Schema.Union([
  Schema.Struct({ text: Schema.String, hint: Schema.String }),
  /** Salts and verifier in base64 */
  Schema.Struct({ salt1: Schema.String, salt2: Schema.String, verifier: Schema.String, hint: Schema.String }),
])
export type PasswordRecord = typeof PasswordRecord.Type

/** An account's two-step verification password. */
export interface Password extends PasswordSalts {
  readonly hint: string
  /** 256 bytes; computed when it is first asked for. */
  readonly verifier: () => Promise<Uint8Array>
}

const SERVER_SALT1_BYTES = 8
const SALT2_BYTES = 16

/**
 * The salts for an account's next password. A client appends random bytes of its own to salt1
 * (core.telegram.org/api/srp#setting-a-new-2fa-password).
 */
export const newPasswordSalts = (phone: string): PasswordSalts => ({
  salt1: sha256(Buffer.from(`password salt 1 of ${phone}`)).subarray(0, SERVER_SALT1_BYTES),
  salt2: sha256(Buffer.from(`password salt 2 of ${phone}`)).subarray(0, SALT2_BYTES),
})

export const openPassword = (phone: string, record: PasswordRecord): Password => {
  if ("verifier" in record) {
    const verifier = Buffer.from(record.verifier, "base64")
    return {
      salt1: Buffer.from(record.salt1, "base64"),
      salt2: Buffer.from(record.salt2, "base64"),
      hint: record.hint,
      verifier: () => Promise.resolve(verifier),
    }
  }
  const salts = newPasswordSalts(phone)
  let verifier: Promise<Uint8Array> | undefined
  return {
    ...salts,
    hint: record.hint,
    verifier: () => {
      verifier ??= passwordVerifier(record.text, salts)
      return verifier
    },
  }
}
