import { readFileSync } from "node:fs"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Lz4Error, Lz4Unpacker } from "./lz4.ts"

const sample = (name: string): Buffer => readFileSync(new URL(`../../test/streams/${name}`, import.meta.url))
const tar = sample("sample.tar")
const packed = ["sample.tar.lz4", "sample-linked.tar.lz4", "sample-legacy.tar.lz4"].map(sample)

const unpack = (bytes: Uint8Array, step = bytes.length): Buffer => {
  const blocks: Array<Uint8Array> = []
  const unpacker = new Lz4Unpacker((block) => blocks.push(block))
  for (let at = 0; at < bytes.length; at += step) unpacker.push(bytes.subarray(at, at + step))
  unpacker.end()
  return Buffer.concat(blocks)
}

/** A frame of one block, without checksums: magic, flags, 64 KiB blocks, an unverified header checksum. */
const frameOf = (block: ReadonlyArray<number>): Uint8Array =>
  Uint8Array.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0, block.length, 0, 0, 0, ...block, 0, 0, 0, 0])

describe("LZ4", () => {
  it("unpacks to the same, however the stream is cut into chunks", () => {
    fc.assert(
      fc.property(fc.constantFrom(...packed), fc.integer({ min: 1, max: 2000 }), (bytes, step) => {
        expect(unpack(bytes, step).equals(tar)).toBe(true)
      }),
    )
  })

  it("may be several frames, of different kinds, with others to skip between them", () => {
    const skipped = Uint8Array.from([0x51, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5])
    const [ordinary = tar, linked = tar, legacy = tar] = packed
    const all = unpack(Buffer.concat([ordinary, skipped, legacy, linked, skipped]))
    expect(all.equals(Buffer.concat([tar, tar, tar]))).toBe(true)
  })

  it("repeats what a match reaches into while it is written", () => {
    // Two literals, then a match of 4 + 6 bytes two bytes back; then one literal.
    expect(unpack(frameOf([0x26, 0x61, 0x62, 2, 0, 0x10, 0x63])).toString()).toBe("ababababababc")
  })

  it.each([
    ["a match before the beginning", frameOf([0x10, 0x61, 2, 0, 0x10, 0x63])],
    ["a match at no distance", frameOf([0x10, 0x61, 0, 0, 0x10, 0x63])],
    ["literals that are not there", frameOf([0x50, 0x61])],
    ["a block that ends with a match", frameOf([0x10, 0x61, 1, 0])],
    ["no frame", Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8])],
  ])("with %s is refused", (_, bytes) => {
    expect(() => unpack(bytes)).toThrow(Lz4Error)
  })

  it("that is cut off anywhere is noticed, but between two blocks or frames of the legacy format", () => {
    const [ordinary = tar, linked = tar] = packed
    for (const bytes of [ordinary, linked])
      for (let length = 1; length < bytes.length; length++)
        expect(() => unpack(bytes.subarray(0, length))).toThrow(Lz4Error)
  })

  it("ends in a result or an error of its own, whatever bytes are changed", () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }))
    fc.assert(
      fc.property(fc.constantFrom(...packed), fc.array(change, { minLength: 1, maxLength: 5 }), (bytes, changes) => {
        const copy = Uint8Array.from(bytes)
        for (const [place, value] of changes) copy[place % copy.length] = value
        try {
          unpack(copy, 500)
        } catch (error) {
          expect(error).toBeInstanceOf(Lz4Error)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
