/**
 * Unpacks LZ4 as the `lz4` program writes it (LZ4 Frame Format 1.6 and LZ4 Block Format, github.com/lz4/lz4/doc): frames of
 * linked or independent blocks, skippable frames, and the legacy format, one after the other. Checksums are not verified.
 */
import { viewOf } from "./volume-bytes.ts"

/** The bytes are no LZ4, or break the format. */
export class Lz4Error extends Error {
  override readonly name = "Lz4Error"
}

const frameMagic = 0x184d2204
const legacyMagic = 0x184c2102
const isSkippable = (magic: number): boolean => magic >>> 4 === 0x184d2a5

const historyBytes = 64 * 1024
const legacyBlockBytes = 8 * 1024 * 1024
/** A block that did not become smaller is stored as it is, a little larger than it was (legacy format). */
const packedBound = (bytes: number): number => bytes + Math.ceil(bytes / 255) + 16

/** Unpacks `packed` into `target` from `start` on; matches may reach back to the beginning of `target`. Returns the end. */
const unpackBlock = (packed: Uint8Array, target: Uint8Array, start: number, limit: number): number => {
  let to = start
  let at = 0
  /** A length of 15 goes on in the bytes that follow, until one is not 255. */
  const lengthOf = (nibble: number): number => {
    let length = nibble
    if (nibble < 15) return length
    for (;;) {
      const more = packed[at++]
      if (more === undefined) throw new Lz4Error("a length is cut off")
      length += more
      if (more < 255) return length
    }
  }
  while (at < packed.length) {
    const token = packed[at++] ?? 0
    const literals = lengthOf(token >> 4)
    if (at + literals > packed.length || to + literals > limit) throw new Lz4Error("literals reach beyond the block")
    target.set(packed.subarray(at, at + literals), to)
    at += literals
    to += literals
    // The last sequence is literals alone.
    if (at === packed.length) return to
    const offset = (packed[at] ?? 0) | ((packed[at + 1] ?? 0) << 8)
    at += 2
    if (at > packed.length || offset === 0 || offset > to) throw new Lz4Error("a match points out of what is there")
    const length = lengthOf(token & 15) + 4
    if (to + length > limit) throw new Lz4Error("a match reaches beyond the block")
    if (offset >= length) target.copyWithin(to, to - offset, to - offset + length)
    else for (let index = 0; index < length; index++) target[to + index] = target[to + index - offset] ?? 0
    to += length
  }
  throw new Lz4Error("a block ends within a sequence")
}

/** Memory for blocks, at least so many bytes. */
type Scratch = (bytes: number) => Uint8Array

/** One piece of memory for all frames of a stream: a hostile one has millions of them. */
const makeScratch = (): Scratch => {
  let memory = new Uint8Array(0)
  return (bytes) => {
    if (memory.length < bytes) memory = new Uint8Array(bytes)
    return memory
  }
}

/** The blocks of one frame. */
class BlockReader {
  readonly #target: Uint8Array
  readonly #blockBytes: number
  readonly #isLinked: boolean
  #history = 0

  constructor(scratch: Scratch, blockBytes: number, isLinked: boolean) {
    this.#target = scratch(historyBytes + blockBytes)
    this.#blockBytes = blockBytes
    this.#isLinked = isLinked
  }

  read(packed: Uint8Array, isStored: boolean): Uint8Array {
    const target = this.#target
    const start = this.#history
    if (isStored && packed.length > this.#blockBytes) throw new Lz4Error("a block is too large")
    if (isStored) target.set(packed, start)
    const end = isStored ? start + packed.length : unpackBlock(packed, target, start, start + this.#blockBytes)
    const block = target.slice(start, end)
    if (this.#isLinked) {
      this.#history = Math.min(end, historyBytes)
      target.copyWithin(0, end - this.#history, end)
    }
    return block
  }
}

type Emit = (block: Uint8Array) => void

/** Asks for a number of bytes and is given exactly so many, or, at the end of the stream, fewer. */
type Wanting = Generator<number, void, Uint8Array>

function* wantedNumber(): Generator<number, number | undefined, Uint8Array> {
  const bytes = yield 4
  if (bytes.length === 0) return undefined
  if (bytes.length < 4) throw new Lz4Error("the stream is cut off")
  return viewOf(bytes).getUint32(0, true)
}

function* exactly(count: number): Generator<number, Uint8Array, Uint8Array> {
  const bytes = yield count
  if (bytes.length < count) throw new Lz4Error("the stream is cut off")
  return bytes
}

function* readFrame(emit: Emit, scratch: Scratch): Wanting {
  const [flags = 0, blockFlags = 0] = yield* exactly(2)
  const sizeCode = (blockFlags >> 4) & 7
  if (flags >> 6 !== 1 || sizeCode < 4) throw new Lz4Error("the frame is of an unknown version")
  if ((flags & 1) !== 0) throw new Lz4Error("the frame needs a dictionary")
  // The size of the content, and the header's checksum.
  yield* exactly(((flags & 0x08) !== 0 ? 8 : 0) + 1)
  const blockBytes = 2 ** (8 + 2 * sizeCode)
  const blocks = new BlockReader(scratch, blockBytes, (flags & 0x20) === 0)
  for (;;) {
    const size = yield* wantedNumber()
    if (size === undefined) throw new Lz4Error("the stream is cut off")
    if (size === 0) break
    const packedBytes = size & 0x7fffffff
    if (packedBytes > blockBytes) throw new Lz4Error("a block is too large")
    emit(blocks.read(yield* exactly(packedBytes), size !== packedBytes))
    if ((flags & 0x10) !== 0) yield* exactly(4)
  }
  if ((flags & 0x04) !== 0) yield* exactly(4)
}

/** Returns the magic number of the frame behind it: a legacy frame has no mark of its end. */
function* readLegacyFrame(emit: Emit, scratch: Scratch): Generator<number, number | undefined, Uint8Array> {
  const blocks = new BlockReader(scratch, legacyBlockBytes, false)
  for (;;) {
    const size = yield* wantedNumber()
    if (size === undefined || size > packedBound(legacyBlockBytes)) return size
    emit(blocks.read(yield* exactly(size), false))
  }
}

function* readStream(emit: Emit): Wanting {
  const scratch = makeScratch()
  let magic = yield* wantedNumber()
  while (magic !== undefined) {
    if (magic === legacyMagic) {
      magic = yield* readLegacyFrame(emit, scratch)
      continue
    }
    if (magic === frameMagic) {
      yield* readFrame(emit, scratch)
    } else if (isSkippable(magic)) {
      let left = (yield* wantedNumber()) ?? 0
      for (; left > 0; left -= legacyBlockBytes) yield* exactly(Math.min(left, legacyBlockBytes))
    } else {
      throw new Lz4Error("there is no LZ4 frame")
    }
    magic = yield* wantedNumber()
  }
}

/** Takes the chunks of a stream in order, and gives what they unpack to. Memory: two blocks, at most 8 MiB each. */
export class Lz4Unpacker {
  readonly #reader: Wanting
  #wanted: number
  #held: Array<Uint8Array> = []
  #heldBytes = 0
  #isOver = false

  /** `emit` hears each block, which is the hearer's to keep. */
  constructor(emit: Emit) {
    this.#reader = readStream(emit)
    const first = this.#reader.next()
    this.#wanted = first.done === true ? 0 : first.value
  }

  /** Throws `Lz4Error`. */
  push(chunk: Uint8Array): void {
    let at = 0
    while (!this.#isOver && this.#heldBytes + chunk.length - at >= this.#wanted) {
      const count = this.#wanted - this.#heldBytes
      this.#hold(chunk.subarray(at, at + count))
      at += count
      this.#give()
    }
    if (at < chunk.length) this.#hold(Uint8Array.from(chunk.subarray(at)))
  }

  /** Throws `Lz4Error` when the stream ends in the middle of something. */
  end(): void {
    if (!this.#isOver) this.#give()
    if (!this.#isOver) throw new Lz4Error("the stream is cut off")
  }

  #hold(bytes: Uint8Array): void {
    this.#held.push(bytes)
    this.#heldBytes += bytes.length
  }

  #give(): void {
    const [only] = this.#held
    const bytes = this.#held.length === 1 && only !== undefined ? only : new Uint8Array(Buffer.concat(this.#held))
    this.#held = []
    this.#heldBytes = 0
    const next = this.#reader.next(bytes)
    if (next.done === true) this.#isOver = true
    else this.#wanted = next.value
  }
}
