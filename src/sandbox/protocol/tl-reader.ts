import { unzipSync } from "node:zlib"
import { ProtocolViolation } from "./protocol-violation.ts"
import {
  type Combinator,
  combinatorById,
  combinatorByName,
  FALSE_ID,
  type Field,
  GZIP_PACKED_ID,
  TRUE_ID,
  VECTOR_ID,
} from "./tl-schema.ts"
import type { TlAnswer, TlObject } from "./tl-types.ts"

/** Deeper nesting than any real request has (invokeAfterMsgs around initConnection around a query is 4). */
const MAX_DEPTH = 32
/** One value may hold this many objects and elements: they take far more memory than the bytes that they are read from. */
const MAX_ELEMENTS = 100_000
/** The packed objects of one frame may not unpack to more than this many bytes together. */
const MAX_UNPACKED_BYTES = 8 * 1024 * 1024

/** How much may still be unpacked of one frame, over all packed objects in it. */
export class UnpackingBudget {
  bytes = MAX_UNPACKED_BYTES
}

/**
 * Unpacks the data of a gzip_packed message and takes its size from the budget. TDLib sends a zlib stream under that
 * name; both forms are accepted. Throws ProtocolViolation.
 */
export const unpack = (packed: Uint8Array, budget: UnpackingBudget): Buffer => {
  try {
    const unpacked = unzipSync(packed, { maxOutputLength: Math.max(budget.bytes, 1) })
    budget.bytes -= unpacked.length
    return unpacked
  } catch (cause) {
    throw new ProtocolViolation("encoding", "gzip_packed data cannot be unpacked", { cause })
  }
}

/**
 * Reads type language values from one buffer. Every read is checked against the end of the buffer and every vector
 * length against the bytes that are left, so hostile input costs no more memory than its own size.
 * Throws ProtocolViolation. Byte fields are views of the buffer, not copies.
 */
export class TlReader {
  readonly #buffer: Buffer
  #position: number
  #depth = 0
  /** Shared with the readers of packed objects inside. */
  #limits = { elements: MAX_ELEMENTS, unpacking: new UnpackingBudget() }

  constructor(buffer: Buffer, position = 0) {
    this.#buffer = buffer
    this.#position = position
  }

  get remaining(): number {
    return this.#buffer.length - this.#position
  }

  int(): number {
    return this.#buffer.readInt32LE(this.#advance(4))
  }

  unsigned(): number {
    return this.#buffer.readUInt32LE(this.#advance(4))
  }

  long(): bigint {
    return this.#buffer.readBigInt64LE(this.#advance(8))
  }

  raw(length: number): Buffer {
    const start = this.#advance(length)
    return this.#buffer.subarray(start, start + length)
  }

  bytes(): Buffer {
    const first = this.#buffer.readUInt8(this.#advance(1))
    if (first === 255) throw new ProtocolViolation("encoding", "a byte string begins with 255")
    const length = first === 254 ? this.#buffer.readUIntLE(this.#advance(3), 3) : first
    const value = this.raw(length)
    const headerLength = first === 254 ? 4 : 1
    this.#advance((4 - ((headerLength + length) % 4)) % 4)
    return value
  }

  /** Reads one object with its constructor id; a packed one is unpacked. */
  object(): TlObject {
    const value = this.#boxed()
    if (typeof value !== "object" || !("_" in value)) throw new ProtocolViolation("encoding", "an object was expected")
    return value
  }

  /** Reads one boxed value: an object, a Bool, or a vector of boxed values. */
  boxed(): TlAnswer {
    return this.#boxed()
  }

  #advance(length: number): number {
    const start = this.#position
    if (length > this.#buffer.length - start) throw new ProtocolViolation("encoding", "the data ends too early")
    this.#position = start + length
    return start
  }

  #boxed(): TlAnswer {
    if (++this.#depth > MAX_DEPTH) throw new ProtocolViolation("encoding", "objects are nested too deeply")
    try {
      const id = this.unsigned()
      switch (id) {
        case TRUE_ID:
          return true
        case FALSE_ID:
          return false
        case VECTOR_ID:
          return this.#elements(() => this.#boxed())
        case GZIP_PACKED_ID: {
          const inner = new TlReader(unpack(this.bytes(), this.#limits.unpacking))
          inner.#depth = this.#depth
          inner.#limits = this.#limits
          return inner.#boxed()
        }
      }
      const combinator = combinatorById(id)
      if (combinator === undefined)
        throw new ProtocolViolation("encoding", `constructor ${id.toString(16)} is not in the schema`)
      return this.#fields(combinator)
    } finally {
      this.#depth--
    }
  }

  #elements<Element>(read: () => Element): Element[] {
    const length = this.unsigned()
    // Every element takes at least four bytes.
    if (length > this.remaining / 4)
      throw new ProtocolViolation("encoding", `a vector of ${length} elements does not fit`)
    this.#limits.elements -= length
    if (this.#limits.elements < 0) throw new ProtocolViolation("encoding", `more than ${MAX_ELEMENTS} elements`)
    const elements: Element[] = []
    for (let index = 0; index < length; index++) elements.push(read())
    return elements
  }

  #fields(combinator: Combinator): TlObject {
    const object: Record<string, unknown> & TlObject = { _: combinator.name }
    for (const field of combinator.fields) {
      if (field.condition !== undefined) {
        const flags = object[field.condition.flags]
        if (typeof flags !== "number" || ((flags >>> field.condition.bit) & 1) === 0) continue
      }
      object[field.name] = this.#field(field)
    }
    return object
  }

  #field(field: Field): unknown {
    if (!field.vector) return this.#value(field.type)
    if (field.bare) {
      const element = combinatorByName(field.type)
      if (element === undefined) throw new ProtocolViolation("encoding", `no constructor is called ${field.type}`)
      return this.#elements(() => this.#fields(element))
    }
    if (this.unsigned() !== VECTOR_ID) throw new ProtocolViolation("encoding", `${field.name} is not a vector`)
    return this.#elements(() => this.#value(field.type))
  }

  #value(type: string): unknown {
    switch (type) {
      case "int":
        return this.int()
      case "#":
        return this.unsigned()
      case "long":
        return this.long()
      case "int53":
        return Number(this.long())
      case "double":
        return this.#buffer.readDoubleLE(this.#advance(8))
      case "string":
        return this.bytes().toString("utf8")
      case "bytes":
        return this.bytes()
      case "int128":
        return this.raw(16)
      case "int256":
        return this.raw(32)
      case "true":
        return true
      default:
        return this.#typed(type)
    }
  }

  /** Reads a boxed value of this type; "!X" is any method. */
  #typed(type: string): TlAnswer {
    const value = this.#boxed()
    if (typeof value === "boolean" ? type === "Bool" : isOfType(value, type)) return value
    throw new ProtocolViolation("encoding", `a value of type ${type} was expected`)
  }
}

const isOfType = (value: TlAnswer, type: string): boolean => {
  const combinator = typeof value === "object" && "_" in value ? combinatorByName(value._) : undefined
  if (combinator === undefined) return false
  return type === "!X" ? combinator.isMethod : !combinator.isMethod && combinator.result.type === type
}

/** Decodes one boxed value that fills the whole buffer; throws ProtocolViolation. */
export const decode = (buffer: Buffer): TlAnswer => {
  const reader = new TlReader(buffer)
  const value = reader.boxed()
  if (reader.remaining !== 0) throw new ProtocolViolation("encoding", `${reader.remaining} bytes follow the value`)
  return value
}
