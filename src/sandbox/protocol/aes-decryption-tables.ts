import {
  AFFINE_CONSTANT,
  FROM_TOWER,
  invertNibble,
  multiply,
  multiplyNibbles,
  multiplyTowers,
  TO_TOWER,
  TOWER_CONSTANT,
  undoAffine,
} from "./aes-field.ts"

/**
 * AES decryption by tables of 16 bytes, which one vector instruction looks up for a whole block (the idea is Mike
 * Hamburg's, "Accelerating AES with Vector Permute Instructions", 2009). A byte is k + i t in GF(16)[t] with
 * t^2 = A t + A, and its inverse comes of
 *
 *     u = 1 / (1/i + A/k) + j,  v = 1 / (1/j + A/k) + i,  j = i + k
 *
 * because 1/u = (k + A i) / N and 1/v = (k + A j) / N with the norm N, of which every linear function of the inverse is a
 * sum of one function of u and one of v. 1/0 is a byte with its highest bit set, which the look-up turns into 0.
 */

/** The rounds of AES-256, the first addition of a key not counted. */
export const ROUNDS = 14
/** What each row of a column counts for in the inverse of MixColumns, from the row itself on downwards. */
const COLUMN_FACTORS = [14, 11, 13, 9] as const
const BLOCK_BYTES = 16
const INFINITY = 0x80

const table = (entry: (index: number) => number): Uint8Array =>
  Uint8Array.from({ length: BLOCK_BYTES }, (_, index) => entry(index))
const at = (bytes: Uint8Array, index: number): number => bytes[index] as number

/**
 * How the state is kept between rounds: without the S-box's affine step and in GF(16)[t], so that a round need only
 * invert.
 */
export const toState = (byte: number): number => at(TO_TOWER, undoAffine(byte))

/** The constant of the S-box as it has to be added to the state. */
export const STATE_CONSTANT = toState(AFFINE_CONSTANT)

/** In GF(16)[t], what 1/u and 1/v are multiplied with to give the inverse together. */
const overTower = invertNibble(TOWER_CONSTANT)
const overSquare = multiplyNibbles(overTower, overTower)
const U_FACTOR = 1 | ((overTower ^ overSquare) << 4)
const V_FACTOR = overSquare << 4

/** A linear function of the inverse, as look-ups of u and of v. */
export interface OutputTables {
  readonly u: Uint8Array
  readonly v: Uint8Array
}

const outputOf = (linear: (inverse: number) => number): OutputTables => {
  const of = (factor: number) => table((nibble) => linear(at(FROM_TOWER, multiplyTowers(factor, invertNibble(nibble)))))
  return { u: of(U_FACTOR), v: of(V_FACTOR) }
}

/** 1/x */
export const INVERSE = table((x) => (x === 0 ? INFINITY : invertNibble(x)))
/** A/x */
export const CONSTANT_OVER = table((x) => (x === 0 ? INFINITY : multiplyNibbles(TOWER_CONSTANT, invertNibble(x))))
/** toState of a byte's low nibble, and of its high one. */
export const LOW_TO_STATE = table((nibble) => toState(nibble))
export const HIGH_TO_STATE = table((nibble) => toState(nibble << 4))
/** For each factor of the inverse of MixColumns: what a byte adds to the next state. */
export const ROUND_OUTPUTS = COLUMN_FACTORS.map((factor) => outputOf((inverse) => toState(multiply(factor, inverse))))
/** After the last round: the plain byte, and the same as a state. */
export const PLAIN_OUTPUT = outputOf((inverse) => inverse)
export const STATE_OUTPUT = outputOf(toState)

/** Where the byte comes from that the inverse of ShiftRows puts here; row counts the rows that it is further down. */
const shiftedFrom = (position: number, row = 0): number => {
  const inColumn = ((position & 3) + row) & 3
  return 4 * (((position >> 2) - inColumn) & 3) + inColumn
}

/**
 * Rows are not shifted: after each round the bytes stand where they stood, and this tells where that is. Entry n: after n
 * rounds the byte of position p is kept at ORDERS[n][p].
 */
export const ORDERS: readonly Uint8Array[] = Array.from({ length: ROUNDS }).reduce<Uint8Array[]>(
  (orders) => {
    const last = orders.at(-1) as Uint8Array
    orders.push(table((position) => at(last, shiftedFrom(position))))
    return orders
  },
  [table((position) => position)],
)

/** For round n, of 1 to ROUNDS - 1, and row 1, 2, 3: from where to take what a byte so many rows further down adds. */
export const rowPicks = (round: number, row: number): Uint8Array => {
  const picks = new Uint8Array(BLOCK_BYTES)
  const [before, after] = [ORDERS[round - 1], ORDERS[round]] as [Uint8Array, Uint8Array]
  for (let position = 0; position < BLOCK_BYTES; position++) {
    picks[at(after, position)] = at(before, shiftedFrom(position, row))
  }
  return picks
}

/** The round keys' own way through the inverse of MixColumns, for each factor and byte. */
export const KEY_OUTPUTS = COLUMN_FACTORS.map((factor) =>
  Uint8Array.from({ length: 256 }, (_, byte) => toState(multiply(factor, byte))),
)
