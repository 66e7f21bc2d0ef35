import { createCipheriv, createSecretKey } from "node:crypto"

const BLOCK_WORDS = 4
const IV_BYTES = 16

/** Holds what goes into the cipher; used again for every message, because messages are large and many. */
let scratch = new Uint32Array(64 * 1024)

const wordsOf = (bytes: Uint8Array): Uint32Array => {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes)
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4)
}

/**
 * AES-256 in infinite garble extension mode, c(i) = E(m(i) ^ c(i-1)) ^ m(i-1), by the system's CBC mode, which is several
 * times faster than any IGE that can be had: with d(i) = c(i) ^ m(i-1) it is d(i) = E(m(i) ^ m(i-2) ^ d(i-1)).
 * Decryption has no such form. data: a multiple of 16 bytes; key: 32 bytes; iv: 32 bytes, c(-1) and m(-1).
 */
export const encryptIge = (
  data: Uint8Array,
  { key, iv }: { readonly key: Uint8Array; readonly iv: Uint8Array },
): Buffer => {
  const plain = wordsOf(data)
  const words = plain.length
  const before = new Uint32Array(BLOCK_WORDS)
  new Uint8Array(before.buffer).set(iv.subarray(IV_BYTES, 2 * IV_BYTES))
  if (scratch.length < words) scratch = new Uint32Array(words)
  const mixed = scratch
  mixed.set(plain.subarray(0, 2 * BLOCK_WORDS))
  for (let word = 0; word < BLOCK_WORDS && word + BLOCK_WORDS < words; word++) {
    mixed[word + BLOCK_WORDS] = (mixed[word + BLOCK_WORDS] ?? 0) ^ (before[word] ?? 0)
  }
  for (let word = 2 * BLOCK_WORDS; word < words; word++) {
    mixed[word] = (plain[word] as number) ^ (plain[word - 2 * BLOCK_WORDS] as number)
  }
  // Of a key in bytes Node.js finds out by two exceptions that it is no key object, which takes longer than a short message.
  const secret = createSecretKey(key)
  const cipher = createCipheriv("aes-256-cbc", secret, iv.subarray(0, IV_BYTES)).setAutoPadding(false)
  const encrypted = cipher.update(new Uint8Array(mixed.buffer, 0, data.length))
  const output = wordsOf(encrypted)
  for (let word = 0; word < BLOCK_WORDS; word++) output[word] = (output[word] ?? 0) ^ (before[word] ?? 0)
  for (let word = BLOCK_WORDS; word < words; word++) {
    output[word] = (output[word] as number) ^ (plain[word - BLOCK_WORDS] as number)
  }
  return Buffer.from(output.buffer, output.byteOffset, data.length)
}
