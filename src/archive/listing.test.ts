import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { ListingParser } from "./listing.ts"

const parse = (output: string | Uint8Array, maxEntries?: number) => {
  const parser = new ListingParser(maxEntries)
  parser.push(typeof output === "string" ? Buffer.from(output) : output)
  return parser.end()
}

const output = [
  "Path = models/02 Steak front.STL\nFolder = -\nSize = 1200\nPacked Size = 361\nEncrypted = -\nCRC = 7ccA70CD\n",
  "Path = models\nFolder = +\nSize = 0\nPacked Size = 0\nEncrypted = -\nCRC = \n",
  "Path = old\nSize = 0\nAttributes = D drwxr-xr-x\nCRC = \n",
  "Path = secret\nSize = 5\nPacked Size = \nEncrypted = +\nCRC = \n",
  "Path = empty.txt\nSize = 0\nPacked Size = 0\nEncrypted = -\nCRC = 00000000\n",
].join("\n")

describe("the listing of 7-Zip", () => {
  it("becomes entries, directories among them", () => {
    const { entries } = parse(output)
    expect(entries.filter((entry) => entry.directory).map((entry) => entry.path)).toEqual(["models", "old"])
    expect(entries.filter((entry) => !entry.directory)).toEqual([
      {
        path: "models/02 Steak front.STL",
        fileName: "02 Steak front.STL",
        extension: "stl",
        compressedBytes: 361,
        uncompressedBytes: 1200,
        crc32: "7CCA70CD",
        directory: false,
        encrypted: false,
        flags: [],
      },
      {
        path: "secret",
        fileName: "secret",
        extension: null,
        compressedBytes: null,
        uncompressedBytes: 5,
        crc32: null,
        directory: false,
        encrypted: true,
        flags: [],
      },
      {
        path: "empty.txt",
        fileName: "empty.txt",
        extension: "txt",
        compressedBytes: 0,
        uncompressedBytes: 0,
        crc32: "00000000",
        directory: false,
        encrypted: false,
        flags: [],
      },
    ])
  })

  it("is the same however it is cut into chunks", () => {
    const bytes = Buffer.from(output.replace("secret", "s\u00e9cr\u00ebt \u{1f432}"))
    const whole = parse(bytes)
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 20 }), (cuts) => {
        const parser = new ListingParser()
        const places = [0, ...cuts.sort((a, b) => a - b), bytes.length]
        for (let index = 1; index < places.length; index++) {
          const chunk = Buffer.from(bytes.subarray(places[index - 1], places[index]))
          parser.push(chunk)
          chunk.fill(0)
        }
        expect(parser.end()).toEqual(whole)
      }),
    )
  })

  it("says when some file is encrypted", () => {
    expect(parse(output).encrypted).toBe(true)
    expect(parse("Path = a\nSize = 1\nEncrypted = -\n").encrypted).toBe(false)
  })

  it("keeps at most the wanted number of entries, and counts the others", () => {
    const listing = parse("Path = a\nSize = 1\n\n".repeat(10), 3)
    expect(listing.entries).toHaveLength(3)
    expect(listing).toMatchObject({ fileCount: 10, truncated: true })
  })

  it("keeps hostile paths as text", () => {
    const paths = ["../../etc/passwd", "/etc/passwd", "..\\..\\x.dll", "-rf", "a = b"]
    const listing = parse(paths.map((path) => `Path = ${path}\nSize = 1\n`).join("\n"))
    expect(listing.entries.map((entry) => entry.path)).toEqual(paths)
    expect(listing.entries.map((entry) => entry.flags)).toEqual([
      ["parent_path"],
      ["absolute_path"],
      ["parent_path"],
      [],
      [],
    ])
    expect(listing.entries.map((entry) => entry.fileName)).toEqual(["passwd", "passwd", "x.dll", "-rf", "a = b"])
  })

  it("does not let a second property of the same name replace the first", () => {
    expect(parse("Path = true\nSize = 1\nPath = forged\n").entries.map((entry) => entry.path)).toEqual(["true"])
  })

  it("reads names that are not UTF-8 in the code page that fits, and says so", () => {
    const name = Buffer.from("8f9088828592", "hex")
    const listing = parse(Buffer.concat([Buffer.from("Path = a.txt\nSize = 1\n\nPath = "), name, Buffer.from("\n\n")]))
    expect(listing.entries.map((entry) => [entry.path, entry.flags])).toEqual([
      ["a.txt", []],
      ["ПРИВЕТ", ["guessed_name"]],
    ])
  })

  it("cuts endless lines", () => {
    const [entry] = parse(`Path = ${"x".repeat(1_000_000)}\nSize = 1\n`).entries
    expect(entry?.path.length).toBeLessThanOrEqual(64 * 1024)
  })

  it("never throws, and yields text that Postgres can store", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const listing = parse(Buffer.concat([Buffer.from("Path = "), bytes, Buffer.from("\nSize = 1\n\n")]))
        for (const entry of listing.entries) {
          expect(entry.path.isWellFormed()).toBe(true)
          expect(entry.path).not.toMatch(/\p{Cc}/u)
        }
      }),
      { numRuns: 1000 },
    )
  })
})
