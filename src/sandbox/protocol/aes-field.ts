/** The arithmetic behind AES (FIPS 197, chapter 4), and the same field written in another way that suits vectors. */

const BYTES = 256
/** x^8 + x^4 + x^3 + x + 1 */
const AES_POLYNOMIAL = 0x11b
/** x^4 + x + 1 */
const NIBBLE_POLYNOMIAL = 0x13

const bytesOf = (byte: (index: number) => number): Uint8Array => Uint8Array.from({ length: BYTES }, (_, i) => byte(i))
const at = (table: Uint8Array, index: number): number => table[index] as number

const multiplyModulo = (left: number, right: number, polynomial: number, bits: number): number => {
  let product = 0
  for (let bit = 0; bit < bits; bit++) if ((right >> bit) & 1) product ^= left << bit
  for (let bit = 2 * bits - 2; bit >= bits; bit--) if ((product >> bit) & 1) product ^= polynomial << (bit - bits)
  return product
}

/** The product of two bytes as AES sees them. */
export const multiply = (left: number, right: number): number => multiplyModulo(left, right, AES_POLYNOMIAL, 8)

/** The product of two elements of GF(16). */
export const multiplyNibbles = (left: number, right: number): number =>
  multiplyModulo(left, right, NIBBLE_POLYNOMIAL, 4)

const NIBBLES = Array.from({ length: 16 }, (_, nibble) => nibble)

/** The inverse of an element of GF(16); 0 for 0. */
export const invertNibble = (nibble: number): number =>
  NIBBLES.find((other) => multiplyNibbles(nibble, other) === 1) ?? 0

/** The first A for which t^2 + A t + A has no root in GF(16): t then makes GF(256) of GF(16). */
export const TOWER_CONSTANT =
  NIBBLES.find((a) => a !== 0 && NIBBLES.every((t) => (multiplyNibbles(t, t) ^ multiplyNibbles(a, t) ^ a) !== 0)) ?? 0

/** The product of two bytes as GF(16)[t]: the low nibble and t times the high one. */
export const multiplyTowers = (left: number, right: number): number => {
  const [low, high] = [left & 15, left >> 4]
  const [otherLow, otherHigh] = [right & 15, right >> 4]
  const square = multiplyNibbles(TOWER_CONSTANT, multiplyNibbles(high, otherHigh))
  const mixed = multiplyNibbles(low, otherHigh) ^ multiplyNibbles(high, otherLow)
  return multiplyNibbles(low, otherLow) ^ square ^ ((mixed ^ square) << 4)
}

/** The powers 0 to 8 of a byte as GF(16)[t]. */
const powersOf = (byte: number): readonly number[] => {
  const powers = [1]
  while (powers.length <= 8) powers.push(multiplyTowers(powers.at(-1) ?? 0, byte))
  return powers
}

/** The powers of what x of AES is in GF(16)[t]: of a root of the same polynomial. */
const ROOT_POWERS =
  Array.from({ length: BYTES }, (_, byte) => powersOf(byte)).find(
    (powers) => powers.reduce((sum, power, bit) => ((AES_POLYNOMIAL >> bit) & 1 ? sum ^ power : sum), 0) === 0,
  ) ?? []

/** From AES's way of writing an element to GF(16)[t]. */
export const TO_TOWER = bytesOf((byte) =>
  ROOT_POWERS.slice(0, 8).reduce((sum, power, bit) => ((byte >> bit) & 1 ? sum ^ power : sum), 0),
)

/** And back. */
export const FROM_TOWER = bytesOf((byte) => TO_TOWER.indexOf(byte))

const rotate = (byte: number, bits: number): number => ((byte << bits) | (byte >> (8 - bits))) & 0xff

/** What the S-box adds in the end. */
export const AFFINE_CONSTANT = 0x63

/** The linear step that undoes that of the S-box. */
export const undoAffine = (byte: number): number => rotate(byte, 1) ^ rotate(byte, 3) ^ rotate(byte, 6)

const INVERSES = bytesOf((byte) => {
  for (let other = 1; other < BYTES; other++) if (multiply(byte, other) === 1) return other
  return 0
})

/** The S-box of encryption. */
export const SUBSTITUTION = bytesOf((byte) => {
  const inverse = at(INVERSES, byte)
  return [1, 2, 3, 4].reduce((sum, bits) => sum ^ rotate(inverse, bits), inverse) ^ AFFINE_CONSTANT
})
