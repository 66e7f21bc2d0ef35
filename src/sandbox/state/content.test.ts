import { createHash } from "node:crypto"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { temporaryDirectory } from "../testing/temporary-directory.ts"
import { fileContent, generatedContent, sha256Now, sha256Soon, uploadedContent } from "./content.ts"
import { DiskUploads } from "./disk-uploads.ts"

describe("Generated content", () => {
  it("gives the same bytes at any offset as when read from the beginning", () => {
    const content = generatedContent(10_000, "seed")
    const whole = content.read(0, 10_000)
    fc.assert(
      fc.property(fc.nat(11_000), fc.nat(11_000), (offset, length) => {
        expect(content.read(offset, length).equals(whole.subarray(offset, offset + length))).toBe(true)
      }),
    )
  })

  it("can be read behind four gigabytes without holding them", () => {
    const bytes = 5 * 2 ** 30
    const content = generatedContent(bytes, 1)
    expect(content.read(bytes - 10, 100)).toHaveLength(10)
    expect(content.read(2 ** 32 + 5, 20).equals(content.read(2 ** 32, 25).subarray(5))).toBe(true)
  })

  it("differs between seeds and is the same for a number and its text", () => {
    expect(generatedContent(32, "1").read(0, 32).equals(generatedContent(32, 1).read(0, 32))).toBe(true)
    expect(generatedContent(32, 1).read(0, 32).equals(generatedContent(32, 2).read(0, 32))).toBe(false)
  })
})

describe("The content of a file", () => {
  it("has the digest of the file's bytes, computed at once or in steps", async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, "file")
    const bytes = generatedContent(9_000_000, "file").read(0, 9_000_000)
    await writeFile(path, bytes)
    const content = fileContent(path, bytes.length)
    const expected = createHash("sha256").update(bytes).digest("hex")
    expect([sha256Now(content), await sha256Soon(content)]).toEqual([expected, expected])
  })
})

describe("An upload", () => {
  it("reads as the file that its parts make up, whatever order they came in", async () => {
    await using directory = await temporaryDirectory()
    const uploads = new DiskUploads(join(directory.path, "uploads"))
    const original = generatedContent(10_000, "upload").read(0, 10_000)
    for (const part of [2, 0, 1]) uploads.savePart("u", part, original.subarray(part * 4096, (part + 1) * 4096))
    const { bytes, partBytes } = uploads.finish("u", 3)
    uploads.giveAway("u", join(directory.path, "file"))
    const content = uploadedContent(join(directory.path, "file"), bytes, partBytes)
    expect(content.read(0, 20_000).equals(original)).toBe(true)
    expect(content.read(4000, 5000).equals(original.subarray(4000, 9000))).toBe(true)
  })

  it("goes on after a restart with the parts that are there", async () => {
    await using directory = await temporaryDirectory()
    new DiskUploads(directory.path).savePart("u", 0, Buffer.alloc(1024, 1))
    const uploads = new DiskUploads(directory.path)
    expect(() => uploads.finish("u", 2)).toThrow("FILE_PART_1_MISSING")
    uploads.savePart("u", 1, Buffer.alloc(10, 2))
    expect(uploads.finish("u", 2).bytes).toBe(1034)
  })

  it("is refused when a part in the middle has another size", async () => {
    await using directory = await temporaryDirectory()
    const uploads = new DiskUploads(directory.path)
    for (const [part, length] of [1024, 512, 1024].entries()) uploads.savePart("u", part, Buffer.alloc(length, 1))
    expect(() => uploads.finish("u", 3)).toThrow("FILE_PART_SIZE_CHANGED")
  })
})
