/** WebAssembly code: the bytes that leave one value on the stack, or do something. */
export type Code = readonly number[]

const I32 = 0x7f
const V128 = 0x7b
const FUNCTION = 0x60
const END = 0x0b
/** "\0asm", version 1 */
const HEADER: Code = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
const SIMD = 0xfd
const RELAXED_SWIZZLE = 0x100
/** The largest alignment that a load or store of 16 bytes may promise, as a power of two. */
const ALIGNED = 4

/** An unsigned number as LEB128. */
const unsigned = (value: number): Code =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(Math.floor(value / 0x80))]

/** A signed number as LEB128. */
const signed = (value: number): Code => {
  const low = value & 0x7f
  const rest = value >> 7
  const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)
  return isLast ? [low] : [low | 0x80, ...signed(rest)]
}

const simd = (operation: number): Code => [SIMD, ...unsigned(operation)]
const vector = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()]
const text = (value: string): Code => vector(Array.from(Buffer.from(value), (byte) => [byte]))
const section = (id: number, items: readonly Code[]): Code => {
  const content = vector(items)
  return [id, ...unsigned(content.length), ...content]
}

/** The few instructions that a block cipher needs (webassembly.github.io/spec, relaxed SIMD included). */
export const wasm = {
  get: (local: number): Code => [0x20, ...unsigned(local)],
  set: (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)],
  constant: (value: number): Code => [0x41, ...signed(value)],
  add: (left: Code, right: Code): Code => [...left, ...right, 0x6a],
  /** Does it once, and again as long as the condition, an i32, is not 0. */
  repeatWhile: (condition: Code, body: Code): Code => [0x03, 0x40, ...body, ...condition, 0x0d, 0x00, 0x0b],
  isBelow: (left: Code, right: Code): Code => [...left, ...right, 0x49],
  load: (address: Code, offset = 0): Code => [...address, ...simd(0x00), ALIGNED, ...unsigned(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [
    ...address,
    ...value,
    ...simd(0x0b),
    ALIGNED,
    ...unsigned(offset),
  ],
  xor: (...terms: readonly Code[]): Code =>
    terms.flatMap((term, index) => (index === 0 ? term : [...term, ...simd(0x51)])),
  and: (left: Code, right: Code): Code => [...left, ...right, ...simd(0x4e)],
  /** Each 16-bit lane, shifted right by so many bits. */
  shiftRight: (value: Code, bits: number): Code => [...value, ...wasm.constant(bits), ...simd(0x8d)],
  /**
   * Picks bytes of the table: an index of 0 to 15 picks that one, one with the highest bit gives 0. Relaxed, because the
   * strict form takes one more instruction; what they do differently is with indices of 16 to 127.
   */
  pick: (table: Code, indices: Code): Code => [...table, ...indices, ...simd(RELAXED_SWIZZLE)],
}

/** As much of the JavaScript interface as is needed here; the types of Node.js have none of it. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

/** A function with memory of its own. */
export interface VectorFunction {
  readonly run: (first: number, second: number) => void
  readonly memory: {
    /** Another one after each growth. */
    readonly buffer: ArrayBuffer
    /** pages: of 64 KiB */
    readonly grow: (pages: number) => number
  }
}

/** Compiles a function with two i32 parameters, locals 0 and 1, and so many v128 locals from 2 on. Its memory is one page. */
export const compileVectorFunction = (locals: number, body: Code): VectorFunction => {
  const code = [...vector([[...unsigned(locals), V128]]), ...body, END]
  const module = Uint8Array.from([
    ...HEADER,
    ...section(1, [[FUNCTION, ...vector([[I32], [I32]]), ...vector([])]]),
    ...section(3, [[0]]),
    ...section(5, [[0, ...unsigned(1)]]),
    ...section(7, [
      [...text("run"), 0, 0],
      [...text("memory"), 2, 0],
    ]),
    ...section(10, [[...unsigned(code.length), ...code]]),
  ])
  return new WebAssembly.Instance(new WebAssembly.Module(module)).exports as VectorFunction
}
