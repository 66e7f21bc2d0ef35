import { KEY_OUTPUTS, ORDERS, ROUNDS, STATE_CONSTANT, toState } from "./aes-decryption-tables.ts"
import { multiply, SUBSTITUTION } from "./aes-field.ts"

const BLOCK_BYTES = 16
const KEY_BYTES = 32
const WORD_BYTES = 4

const STATES = Uint8Array.from({ length: 256 }, (_, byte) => toState(byte))
const expanded = new Uint8Array((ROUNDS + 1) * BLOCK_BYTES)
const byteAt = (bytes: Uint8Array, index: number): number => bytes[index] as number
const substituted = (index: number): number => SUBSTITUTION[byteAt(expanded, index)] as number

/** The key schedule of AES-256 (FIPS 197, 5.2), into `expanded`. */
const expand = (key: Uint8Array): void => {
  expanded.set(key.subarray(0, KEY_BYTES))
  let roundConstant = 1
  for (let at = KEY_BYTES; at < expanded.length; at += WORD_BYTES) {
    const last = at - WORD_BYTES
    const place = at % KEY_BYTES
    for (let byte = 0; byte < WORD_BYTES; byte++) {
      let added = byteAt(expanded, last + byte)
      if (place === 0) added = substituted(last + ((byte + 1) % WORD_BYTES)) ^ (byte === 0 ? roundConstant : 0)
      else if (place === BLOCK_BYTES) added = substituted(last + byte)
      expanded[at + byte] = byteAt(expanded, at - KEY_BYTES + byte) ^ added
    }
    if (place === 0) roundConstant = multiply(roundConstant, 2)
  }
}

/**
 * Writes what each round of decryption adds: for rounds 0 to ROUNDS - 1 in the form and order of the state then, for the
 * last one the key as it is, and after that the last one as a state. key: 32 bytes; target: (ROUNDS + 2) * 16 bytes.
 */
export const writeDecryptionKeys = (key: Uint8Array, target: Uint8Array): void => {
  expand(key)
  const last = ROUNDS * BLOCK_BYTES
  for (let position = 0; position < BLOCK_BYTES; position++) {
    target[position] = byteAt(STATES, byteAt(expanded, last + position)) ^ STATE_CONSTANT
    target[last + position] = byteAt(expanded, position)
    target[last + BLOCK_BYTES + position] = byteAt(STATES, byteAt(expanded, position))
  }
  const [own, second, third, fourth] = KEY_OUTPUTS as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
  for (let round = 1; round < ROUNDS; round++) {
    const from = (ROUNDS - round) * BLOCK_BYTES
    const to = round * BLOCK_BYTES
    const order = ORDERS[round] as Uint8Array
    for (let position = 0; position < BLOCK_BYTES; position++) {
      const column = from + (position & ~3)
      target[to + byteAt(order, position)] =
        byteAt(own, byteAt(expanded, from + position)) ^
        byteAt(second, byteAt(expanded, column + ((position + 1) & 3))) ^
        byteAt(third, byteAt(expanded, column + ((position + 2) & 3))) ^
        byteAt(fourth, byteAt(expanded, column + ((position + 3) & 3))) ^
        STATE_CONSTANT
    }
  }
}
