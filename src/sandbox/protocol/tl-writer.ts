import { type Combinator, combinatorByName, FALSE_ID, type Field, TRUE_ID, VECTOR_ID } from "./tl-schema.ts"
import type { TlAnswer, TlObject } from "./tl-types.ts"

const isObject = (value: unknown): value is TlObject => typeof value === "object" && value !== null && "_" in value

const mistake = (what: string): Error => new TypeError(`Cannot write ${what}`)

/** Writes type language values into one growing buffer. A value that does not fit the schema throws TypeError: a bug of ours. */
export class TlWriter {
  #buffer: Buffer
  #position = 0

  /** capacity: bytes to reserve at first; a good guess saves copies. */
  constructor(capacity = 512) {
    this.#buffer = Buffer.allocUnsafe(capacity)
  }

  int(value: number): void {
    this.#reserve(4)
    this.#position = this.#buffer.writeInt32LE(value | 0, this.#position)
  }

  long(value: bigint | number): void {
    this.#reserve(8)
    this.#position = this.#buffer.writeBigInt64LE(BigInt.asIntN(64, BigInt(value)), this.#position)
  }

  double(value: number): void {
    this.#reserve(8)
    this.#position = this.#buffer.writeDoubleLE(value, this.#position)
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#position)
    this.#position += bytes.length
  }

  bytes(bytes: Uint8Array): void {
    const headerLength = bytes.length < 254 ? 1 : 4
    const padding = (4 - ((headerLength + bytes.length) % 4)) % 4
    this.#reserve(headerLength + bytes.length + padding)
    if (headerLength === 1) this.#buffer[this.#position] = bytes.length
    else this.#buffer.writeUInt32LE(254 + bytes.length * 256, this.#position)
    this.#position += headerLength
    this.raw(bytes)
    this.#buffer.fill(0, this.#position, this.#position + padding)
    this.#position += padding
  }

  /** Writes an object with its constructor id. */
  object(object: TlObject): void {
    const combinator = combinatorByName(object._)
    if (combinator === undefined) throw mistake(`${object._}: it is not in the schema`)
    this.int(combinator.id)
    this.#fields(combinator, object)
  }

  /** Writes a method's answer as the schema declares it for that method: boxed, a Bool, or a vector. */
  answer(method: string, answer: TlAnswer): void {
    const result = combinatorByName(method)?.result
    if (result === undefined) throw mistake(`an answer to ${method}: it is not in the schema`)
    if (result.vector) this.#vector(result.type, answer, method)
    else this.#value(result.type, answer, method)
  }

  /** Writes from the beginning again, over what was written. */
  restart(): this {
    this.#position = 0
    return this
  }

  /** The bytes written so far; further writes may reuse the memory. */
  done(): Buffer {
    return this.#buffer.subarray(0, this.#position)
  }

  #reserve(length: number): void {
    const needed = this.#position + length
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, needed))
    this.#buffer.copy(larger, 0, 0, this.#position)
    this.#buffer = larger
  }

  #fields(combinator: Combinator, object: TlObject): void {
    const values = new Map<string, unknown>(Object.entries(object))
    const flags = new Map<string, number>()
    for (const { name, type, condition } of combinator.fields) {
      const value = values.get(name)
      if (condition === undefined || (type === "true" ? value !== true : value === undefined)) continue
      flags.set(condition.flags, (flags.get(condition.flags) ?? 0) | (1 << condition.bit))
    }
    for (const field of combinator.fields) {
      // Fields that share a bit are all there or none is, so it is the bit that decides.
      const isAbsent =
        field.condition !== undefined && ((flags.get(field.condition.flags) ?? 0) & (1 << field.condition.bit)) === 0
      if (field.type === "true" || isAbsent) continue
      if (field.type === "#") this.int(flags.get(field.name) ?? 0)
      else this.#field(field, values.get(field.name), `${combinator.name}.${field.name}`)
    }
  }

  #field(field: Field, value: unknown, path: string): void {
    if (!field.vector) {
      this.#value(field.type, value, path)
      return
    }
    if (!field.bare) {
      this.#vector(field.type, value, path)
      return
    }
    const element = combinatorByName(field.type)
    if (element === undefined || !Array.isArray(value)) throw mistake(`${path}: a bare vector was expected`)
    this.int(value.length)
    for (const item of value) this.#fields(element, item)
  }

  #vector(type: string, value: unknown, path: string): void {
    if (!Array.isArray(value)) throw mistake(`${path}: an array was expected`)
    this.int(VECTOR_ID)
    this.int(value.length)
    for (const item of value) this.#value(type, item, path)
  }

  #value(type: string, value: unknown, path: string): void {
    switch (type) {
      case "int":
        if (typeof value === "number") {
          this.int(value)
          return
        }
        break
      case "long":
        if (typeof value === "bigint") {
          this.long(value)
          return
        }
        break
      case "int53":
        if (typeof value === "number") {
          this.long(value)
          return
        }
        break
      case "double":
        if (typeof value === "number") {
          this.double(value)
          return
        }
        break
      case "string":
        if (typeof value === "string") {
          this.bytes(Buffer.from(value, "utf8"))
          return
        }
        break
      case "bytes":
        if (value instanceof Uint8Array) {
          this.bytes(value)
          return
        }
        break
      case "int128":
      case "int256":
        if (value instanceof Uint8Array && value.length === (type === "int128" ? 16 : 32)) {
          this.raw(value)
          return
        }
        break
      case "Bool":
        if (typeof value === "boolean") {
          this.int(value ? TRUE_ID : FALSE_ID)
          return
        }
        break
      default:
        if (isObject(value)) {
          this.object(value)
          return
        }
    }
    throw mistake(`${path}: ${type} was expected, not ${value === null ? "null" : typeof value}`)
  }
}

/** Encodes one object with its constructor id. */
export const encode = (object: TlObject): Buffer => {
  const writer = new TlWriter()
  writer.object(object)
  return writer.done()
}
