import type { Picture } from "./picture.ts"

/**
 * JPEG images (ITU T.81, baseline) made of flat squares of 8 pixels: each block has its mean alone and none of the finer
 * frequencies, which is all that a picture to be downloaded and looked at in a test needs.
 */

/** A Huffman code: its bits and how many there are. */
type Code = readonly [bits: number, length: number]

interface Component {
  /** What the mean of a block is divided by. */
  readonly step: number
  /** The codes of the sizes of differences between means (T.81, tables K.3 and K.4), by size from 0. */
  readonly sizes: readonly Code[]
  /** How many codes there are of each length from 1 (the same tables). */
  readonly lengths: readonly number[]
  /** The code of "no further frequencies" (T.81, tables K.5 and K.6). */
  readonly end: Code
}

/** The codes in order of their lengths, as T.81, annex C says. */
const codesOf = (lengths: readonly number[]): readonly Code[] => {
  let bits = 0
  return lengths.flatMap((count, index) => {
    bits <<= 1
    return Array.from({ length: count }, (): Code => [bits++, index + 1])
  })
}

const LUMINANCE_LENGTHS = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]
const CHROMINANCE_LENGTHS = [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0]
const SIZES = 12

/**
 * The steps and codes of the header that clients put before the few bytes of a stripped thumbnail
 * (core.telegram.org/api/files#stripped-thumbnails), so that these bytes can be such a thumbnail.
 */
const LUMINANCE: Component = {
  step: 40,
  sizes: codesOf(LUMINANCE_LENGTHS),
  lengths: LUMINANCE_LENGTHS,
  end: [0b1010, 4],
}
const CHROMINANCE: Component = {
  step: 43,
  sizes: codesOf(CHROMINANCE_LENGTHS),
  lengths: CHROMINANCE_LENGTHS,
  end: [0b00, 2],
}

/** The pixels that one group of blocks covers: four blocks of brightness, one of each colour difference. */
const GROUP = 16
const BLOCK = 8

class BitWriter {
  readonly #bytes: number[] = []
  #bits = 0
  #count = 0

  write([bits, length]: Code): void {
    this.#bits = (this.#bits << length) | bits
    this.#count += length
    while (this.#count >= 8) {
      this.#count -= 8
      const byte = (this.#bits >> this.#count) & 0xff
      this.#bytes.push(byte)
      // A byte that could begin a marker is followed by 0 (T.81, F.1.2.3).
      if (byte === 0xff) this.#bytes.push(0)
    }
    this.#bits &= (1 << this.#count) - 1
  }

  /** All bytes; the last is filled with ones. */
  done(): Buffer {
    if (this.#count > 0) this.write([(1 << (8 - this.#count)) - 1, 8 - this.#count])
    return Buffer.from(this.#bytes)
  }
}

/** How many bits a difference takes. */
const sizeOf = (difference: number): number => 32 - Math.clz32(Math.abs(difference))

/** The compressed data of a picture of this size in pixels. */
const scanOf = (picture: Picture, width: number, height: number): Buffer => {
  const writer = new BitWriter()
  const before = { y: 0, cb: 0, cr: 0 }
  const write = (name: keyof typeof before, { step, sizes, end }: Component, x: number, y: number): void => {
    const color = picture(Math.min(x / width, 1), Math.min(y / height, 1))
    const mean = Math.round(((color[name] - 128) * BLOCK) / step)
    const difference = mean - before[name]
    before[name] = mean
    const size = sizeOf(difference)
    writer.write(sizes[size] ?? [0, 0])
    if (size > 0) writer.write([difference < 0 ? difference + (1 << size) - 1 : difference, size])
    writer.write(end)
  }
  const half = BLOCK / 2
  for (let top = 0; top < height; top += GROUP) {
    for (let left = 0; left < width; left += GROUP) {
      for (const down of [half, BLOCK + half]) {
        for (const right of [half, BLOCK + half]) write("y", LUMINANCE, left + right, top + down)
      }
      write("cb", CHROMINANCE, left + BLOCK, top + BLOCK)
      write("cr", CHROMINANCE, left + BLOCK, top + BLOCK)
    }
  }
  return writer.done()
}

const segment = (marker: number, ...content: readonly number[]): readonly number[] => [
  0xff,
  marker,
  (content.length + 2) >> 8,
  (content.length + 2) & 0xff,
  ...content,
]

/** A table of one code: the marker needs all codes up to the length of the one that is used. */
const endTable = (identifier: number, [bits, length]: Code): readonly number[] => {
  const lengths = Array.from({ length: 16 }, (_, index) => (index + 1 === length ? bits + 1 : 0))
  // Codes of one length are numbered from 0: the one that is used is the last, those before it are never used.
  const values = Array.from({ length: bits + 1 }, (_, index) => (index === bits ? 0 : index + 1))
  return [0x10 | identifier, ...lengths, ...values]
}

const sizeTable = (identifier: number, { lengths }: Component): readonly number[] => [
  identifier,
  ...lengths,
  ...Array.from({ length: SIZES }, (_, size) => size),
]

const stepTable = (identifier: number, { step }: Component): readonly number[] => [
  identifier,
  ...Array.from({ length: 64 }, () => step),
]

const headerOf = (width: number, height: number): Buffer =>
  Buffer.from([
    ...[0xff, 0xd8],
    ...segment(0xe0, ...Buffer.from("JFIF\0", "latin1"), 1, 1, 0, 0, 1, 0, 1, 0, 0),
    ...segment(0xdb, ...stepTable(0, LUMINANCE), ...stepTable(1, CHROMINANCE)),
    ...segment(
      0xc0,
      ...[8, height >> 8, height & 0xff, width >> 8, width & 0xff, 3],
      ...[1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1],
    ),
    ...segment(0xc4, ...sizeTable(0, LUMINANCE), ...sizeTable(1, CHROMINANCE)),
    ...segment(0xc4, ...endTable(0, LUMINANCE.end), ...endTable(1, CHROMINANCE.end)),
    ...segment(0xda, 3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0),
  ])

/** A picture as a JPEG image of this size in pixels. */
export const jpegOf = (picture: Picture, width: number, height: number): Buffer =>
  Buffer.concat([headerOf(width, height), scanOf(picture, width, height), Buffer.from([0xff, 0xd9])])

/** A picture as a stripped thumbnail: without the header that every client knows. Width and height: at most 255 pixels. */
export const strippedJpegOf = (picture: Picture, width: number, height: number): Buffer =>
  Buffer.concat([Buffer.from([1, height, width]), scanOf(picture, width, height)])
