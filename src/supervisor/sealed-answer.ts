import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from "node:crypto"

/**
 * A code or password on its way through the database, which must not come to know it: sealed by X25519, HKDF-SHA-256 and
 * AES-256-GCM for the supervisor that asked. As text: the sender's own public key, the nonce, the tag and the ciphertext.
 */
const CIPHER = "aes-256-gcm"
const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 44

const publicKeyText = (key: KeyObject): string => key.export({ type: "spki", format: "der" }).toString("base64")

const secretOf = (privateKey: KeyObject, publicKey: KeyObject): Buffer =>
  Buffer.from(hkdfSync("sha256", diffieHellman({ privateKey, publicKey }), "", "stash login answer", 32))

const readKey = (der: Buffer): KeyObject => createPublicKey({ key: der, type: "spki", format: "der" })

/** Seals `text` for the holder of `recipient` (base64). Throws when that is no key. */
export const seal = (text: string, recipient: string): string => {
  const ours = generateKeyPairSync("x25519")
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, secretOf(ours.privateKey, readKey(Buffer.from(recipient, "base64"))), nonce)
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()])
  const key = Buffer.from(publicKeyText(ours.publicKey), "base64")
  return Buffer.concat([key, nonce, cipher.getAuthTag(), body]).toString("base64")
}

/** A key pair of this process, and what opens what was sealed for it; undefined for anything else. */
export const makeUnsealer = () => {
  const { privateKey, publicKey } = generateKeyPairSync("x25519")
  const unseal = (sealed: string): string | undefined => {
    try {
      const bytes = Buffer.from(sealed, "base64")
      const sender = readKey(bytes.subarray(0, KEY_BYTES))
      const nonce = bytes.subarray(KEY_BYTES, KEY_BYTES + NONCE_BYTES)
      const tag = bytes.subarray(KEY_BYTES + NONCE_BYTES, KEY_BYTES + NONCE_BYTES + TAG_BYTES)
      const decipher = createDecipheriv(CIPHER, secretOf(privateKey, sender), nonce, { authTagLength: TAG_BYTES })
      decipher.setAuthTag(tag)
      const body = bytes.subarray(KEY_BYTES + NONCE_BYTES + TAG_BYTES)
      return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8")
    } catch {
      return undefined
    }
  }
  return { publicKey: publicKeyText(publicKey), unseal }
}
