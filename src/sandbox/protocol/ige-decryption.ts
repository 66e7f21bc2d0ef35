import { writeDecryptionKeys } from "./aes-decryption-keys.ts"
import {
  CONSTANT_OVER,
  HIGH_TO_STATE,
  INVERSE,
  LOW_TO_STATE,
  ORDERS,
  type OutputTables,
  PLAIN_OUTPUT,
  ROUND_OUTPUTS,
  ROUNDS,
  rowPicks,
  STATE_OUTPUT,
} from "./aes-decryption-tables.ts"
import { type Code, compileVectorFunction, wasm } from "./wasm-module.ts"

const { add, and, constant, get, isBelow, load, pick, repeatWhile, set, shiftRight, store, xor } = wasm

const BLOCK_BYTES = 16
const PAGE_BYTES = 64 * 1024
/** ShiftRows, done four times, is nothing: so often do the picks of rounds begin again. */
const ORDERS_REPEAT_AFTER = 4

/** Parameters of the function. */
const POINTER = get(0)
const END = get(1)
const FIRST_VECTOR_LOCAL = 2
const WORKING_LOCALS = 10

/** Vectors that lie in the module's memory from address 0 on, and are held in locals while it runs. */
class Constants {
  readonly #vectors: Uint8Array[] = []

  /** The local of a vector. */
  of(vector: Uint8Array): Code {
    return get(FIRST_VECTOR_LOCAL + this.#vectors.push(vector) - 1)
  }

  get bytes(): number {
    return this.#vectors.length * BLOCK_BYTES
  }

  get count(): number {
    return this.#vectors.length
  }

  /** Fills the locals. */
  get code(): Code {
    return this.#vectors.flatMap((_, index) => set(FIRST_VECTOR_LOCAL + index, load(constant(index * BLOCK_BYTES))))
  }

  write(memory: Uint8Array): void {
    for (const [index, vector] of this.#vectors.entries()) memory.set(vector, index * BLOCK_BYTES)
  }
}

const constants = new Constants()
const vectorOf = (byte: number): Uint8Array => new Uint8Array(BLOCK_BYTES).fill(byte)
const outputs = ({ u, v }: OutputTables) => ({ u: constants.of(u), v: constants.of(v) })

const tables = {
  inverse: constants.of(INVERSE),
  constantOver: constants.of(CONSTANT_OVER),
  lowToState: constants.of(LOW_TO_STATE),
  highToState: constants.of(HIGH_TO_STATE),
  lowNibbles: constants.of(vectorOf(15)),
  rounds: ROUND_OUTPUTS.map(outputs),
  plain: outputs(PLAIN_OUTPUT),
  state: outputs(STATE_OUTPUT),
  picks: Array.from({ length: ORDERS_REPEAT_AFTER }, (_, round) =>
    [1, 2, 3].map((row) => constants.of(rowPicks(round + 1, row))),
  ),
  lastOrder: constants.of(ORDERS[ROUNDS] ?? vectorOf(0)),
}
const keysAt = constants.bytes
const keys = Array.from({ length: ROUNDS + 2 }, () => constants.of(vectorOf(0)))
const vectorsAt = constants.bytes
/** c(-1) and m(-1) */
const [firstCipher, firstPlain] = [constants.of(vectorOf(0)), constants.of(vectorOf(0))]
const constantBytes = constants.bytes

const [stateBefore, cipher, before, state, high, low, sum, over, u, v] = Array.from(
  { length: WORKING_LOCALS },
  (_, index) => FIRST_VECTOR_LOCAL + constants.count + index,
) as [number, number, number, number, number, number, number, number, number, number]

const lowNibbles = (value: Code): Code => and(value, tables.lowNibbles)
const highNibbles = (value: Code): Code => lowNibbles(shiftRight(value, 4))
const toState = (value: Code): Code =>
  xor(pick(tables.lowToState, lowNibbles(value)), pick(tables.highToState, highNibbles(value)))
const output = ({ u: ofU, v: ofV }: { readonly u: Code; readonly v: Code }): Code =>
  xor(pick(ofU, get(u)), pick(ofV, get(v)))

/** From the state to u and v. */
const invert: Code = [
  ...set(low, lowNibbles(get(state))),
  ...set(high, highNibbles(get(state))),
  ...set(sum, xor(get(high), get(low))),
  ...set(over, pick(tables.constantOver, get(low))),
  ...set(u, xor(pick(tables.inverse, xor(pick(tables.inverse, get(high)), get(over))), get(sum))),
  ...set(v, xor(pick(tables.inverse, xor(pick(tables.inverse, get(sum)), get(over))), get(high))),
]

const round = (number: number): Code => {
  const [own, ...others] = tables.rounds.map(output)
  const picks = tables.picks[(number - 1) % ORDERS_REPEAT_AFTER] ?? []
  const further = others.map((added, row) => pick(added, picks[row] ?? []))
  return [...invert, ...set(state, xor(xor(own ?? [], keys[number] ?? []), ...further))]
}

const [firstKey = [], lastKey = [], lastKeyAsState = []] = [keys[0], keys[ROUNDS], keys[ROUNDS + 1]]

const body: Code = [
  ...constants.code,
  ...set(before, firstCipher),
  ...set(stateBefore, toState(firstPlain)),
  ...repeatWhile(isBelow(POINTER, END), [
    ...set(cipher, load(POINTER)),
    ...set(state, xor(toState(get(cipher)), firstKey, get(stateBefore))),
    ...Array.from({ length: ROUNDS - 1 }, (_, index) => round(index + 1)).flat(),
    ...invert,
    ...set(stateBefore, xor(pick(output(tables.state), tables.lastOrder), xor(lastKeyAsState, toState(get(before))))),
    ...store(POINTER, xor(pick(output(tables.plain), tables.lastOrder), xor(lastKey, get(before)))),
    ...set(before, get(cipher)),
    ...set(0, add(POINTER, constant(BLOCK_BYTES))),
  ]),
]

/** AES-256 in infinite garble extension mode, m(i) = D(c(i) ^ m(i-1)) ^ c(i-1), in memory of its own. */
export class IgeDecryption {
  readonly #code = compileVectorFunction(constants.count + WORKING_LOCALS, body)
  #bytes: Buffer

  constructor() {
    this.#bytes = Buffer.from(this.#code.memory.buffer)
    constants.write(this.#bytes)
  }

  /**
   * The inverse of encryptIge. data: a multiple of 16 bytes, at least 16; key: 32 bytes; iv: 32 bytes, c(-1) and m(-1). The result is a
   * view of memory that the next call uses again.
   */
  decrypt(data: Uint8Array, { key, iv }: { readonly key: Uint8Array; readonly iv: Uint8Array }): Buffer {
    const end = constantBytes + data.length
    const missing = end - this.#bytes.length
    if (missing > 0) {
      this.#code.memory.grow(Math.ceil(missing / PAGE_BYTES))
      this.#bytes = Buffer.from(this.#code.memory.buffer)
    }
    const bytes = this.#bytes
    writeDecryptionKeys(key, bytes.subarray(keysAt, vectorsAt))
    bytes.set(iv.subarray(0, 2 * BLOCK_BYTES), vectorsAt)
    bytes.set(data, constantBytes)
    this.#code.run(constantBytes, end)
    return bytes.subarray(constantBytes, end)
  }
}

const decryption = new IgeDecryption()

/** The inverse of encryptIge. data: a multiple of 16 bytes, at least 16; key: 32 bytes; iv: 32 bytes. */
export const decryptIge = (data: Uint8Array, key: { readonly key: Uint8Array; readonly iv: Uint8Array }): Buffer =>
  Buffer.from(decryption.decrypt(data, key))
