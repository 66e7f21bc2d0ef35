import { createHash } from "node:crypto"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { temporaryDirectory } from "../testing/temporary-directory.ts"
import { generatedContent, NotKeptError, pagedContent } from "./content.ts"
import { DigestUploads } from "./digest-uploads.ts"
import { DiskUploads } from "./disk-uploads.ts"

const PART = 4096
const bytesOf = (bytes: number): Buffer => generatedContent(bytes, "upload").read(0, bytes)
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

/** An upload in some order of its parts, some of which come twice. */
const orders = fc.integer({ min: 1, max: 40 * PART }).chain((bytes) =>
  fc.record({
    bytes: fc.constant(bytes),
    order: fc.shuffledSubarray([...Array(Math.ceil(bytes / PART)).keys()], { minLength: Math.ceil(bytes / PART) }),
    again: fc.array(fc.nat(Math.ceil(bytes / PART) - 1), { maxLength: 3 }),
  }),
)

const saveAll = (uploads: DiskUploads | DigestUploads, name: string, bytes: Buffer, order: readonly number[]) => {
  for (const part of order) uploads.savePart(name, part, bytes.subarray(part * PART, (part + 1) * PART))
}

describe("Uploads of which only the digest is kept", () => {
  it("have the size and digest of what came, in any order and again, and leave no early part behind", async () => {
    await using directory = await temporaryDirectory()
    await using target = await temporaryDirectory()
    const uploads = new DigestUploads(directory.path)
    let run = 0
    fc.assert(
      fc.property(orders, ({ again, bytes, order }) => {
        const name = `u${++run}`
        const original = bytesOf(bytes)
        saveAll(uploads, name, original, [...order, ...again])
        const finished = uploads.finish(name, order.length)
        expect(finished).toMatchObject({ bytes, sha256: sha256(original) })
        uploads.giveAway(name, join(target.path, name))
        expect(readdirSync(directory.path)).toEqual([])
      }),
      { numRuns: 50 },
    )
  })

  it("keep beginning and end, and say of the rest that it was not kept", async () => {
    await using directory = await temporaryDirectory()
    const uploads = new DigestUploads(directory.path)
    const size = 512 * 1024
    const original = bytesOf(3 * size + 100)
    for (const part of [0, 1, 2, 3]) uploads.savePart("u", part, original.subarray(part * size, (part + 1) * size))
    const { bytes, kept = { head: 0, tail: 0 } } = uploads.finish("u", 4)
    const path = join(directory.path, "file")
    uploads.giveAway("u", path)
    const content = pagedContent(path, bytes, kept)
    expect(content.read(1000, 5000).equals(original.subarray(1000, 6000))).toBe(true)
    expect(content.read(bytes - 70_000, 100_000).equals(original.subarray(-70_000))).toBe(true)
    expect(() => content.read(size, 10)).toThrow(NotKeptError)
  })

  it("give small files whole, also over the seam of beginning and end", async () => {
    await using directory = await temporaryDirectory()
    const uploads = new DigestUploads(directory.path)
    const original = bytesOf(600 * 1024)
    for (const part of [1, 0]) uploads.savePart("u", part, original.subarray(part * 2 ** 19, (part + 1) * 2 ** 19))
    const { bytes, kept = { head: 0, tail: 0 } } = uploads.finish("u", 2)
    const path = join(directory.path, "file")
    uploads.giveAway("u", path)
    expect(pagedContent(path, bytes, kept).read(0, bytes).equals(original)).toBe(true)
  })

  it("refuse a part that comes again with other bytes", async () => {
    await using directory = await temporaryDirectory()
    const uploads = new DigestUploads(directory.path)
    uploads.savePart("u", 0, Buffer.alloc(PART, 1))
    expect(() => uploads.savePart("u", 0, Buffer.alloc(PART, 2))).toThrow("FILE_PART_INVALID")
  })

  it("forget the one that was touched longest ago when there are too many", async () => {
    await using directory = await temporaryDirectory()
    const uploads = new DigestUploads(directory.path)
    uploads.savePart("first", 1, Buffer.alloc(PART, 1))
    for (let number = 0; number < 200; number++) uploads.savePart(`u${number}`, 0, Buffer.alloc(PART, 1))
    expect([uploads.has("first"), uploads.has("u0"), uploads.has("u199")]).toEqual([false, false, true])
    expect(readdirSync(directory.path)).toEqual([])
  })
})

describe("Uploads that are kept on disk", () => {
  it("know their digest when the last part is there, unless a part was replaced", async () => {
    await using directory = await temporaryDirectory()
    await using target = await temporaryDirectory()
    const uploads = new DiskUploads(directory.path)
    let run = 0
    fc.assert(
      fc.property(orders, ({ again, bytes, order }) => {
        const name = `u${++run}`
        const original = bytesOf(bytes)
        saveAll(uploads, name, original, [...order, ...again])
        const { sha256: digest } = uploads.finish(name, order.length)
        expect(digest).toBe(again.length === 0 ? sha256(original) : undefined)
        uploads.giveAway(name, join(target.path, name))
      }),
      { numRuns: 50 },
    )
  })
})
