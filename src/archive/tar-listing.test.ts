import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { afterAll, describe, expect, it } from "vitest"
import { TarLister } from "./tar-listing.ts"

const scratch = mkdtempSync(join(tmpdir(), "tar-"))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const longName = `${"deep/".repeat(40)}${"n".repeat(120)}.stl`

const folder = join(scratch, "files")
for (const [name, content] of [
  ["a.stl", "solid"],
  ["models/02 Kopf größer.stl", "x".repeat(1000)],
  [longName, "y".repeat(513)],
  ["empty.txt", ""],
] as const) {
  mkdirSync(join(folder, name, ".."), { recursive: true })
  writeFileSync(join(folder, name), content)
}

/** Made with GNU tar, whose order of entries is given. */
const tarOf = (format: string): Buffer =>
  execFileSync("tar", ["--sort=name", `--format=${format}`, "-cf", "-", "a.stl", "empty.txt", "models", "deep"], {
    cwd: folder,
    maxBuffer: 10_000_000,
  })

const list = (bytes: Uint8Array, cuts: ReadonlyArray<number> = [], maxEntries?: number) => {
  const lister = new TarLister(maxEntries)
  const places = [0, ...[...cuts].sort((a, b) => a - b), bytes.length]
  for (let index = 1; index < places.length; index++) {
    const chunk = Uint8Array.from(bytes.subarray(places[index - 1], places[index]))
    lister.push(chunk)
    chunk.fill(255)
  }
  return lister.end()
}

describe("a tar", () => {
  it.each(["gnu", "pax"])("in %s format is listed with its long names", (format) => {
    const { listing, state } = list(tarOf(format))
    expect(state).toBe("whole")
    expect(
      listing.entries.filter((entry) => !entry.directory).map((entry) => [entry.path, entry.uncompressedBytes]),
    ).toEqual([
      ["a.stl", 5],
      ["empty.txt", 0],
      ["models/02 Kopf größer.stl", 1000],
      [longName, 513],
    ])
    expect(listing.fileCount).toBe(4)
    expect(listing.entries.filter((entry) => entry.directory).map((entry) => entry.path)).toContain("models")
  })

  it("is listed alike however it is cut into chunks", () => {
    const bytes = tarOf("gnu")
    const whole = list(bytes)
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 20 }), (cuts) => {
        expect(list(bytes, cuts)).toEqual(whole)
      }),
      { numRuns: 50 },
    )
  })

  it("that ends within a file is cut off, and still lists what came before", () => {
    const { listing, state } = list(tarOf("gnu").subarray(0, 2 * 512 + 600))
    expect(state).toBe("cut_off")
    expect(listing.entries.map((entry) => entry.path)).toEqual(
      ["a.stl", "empty.txt", "models"].slice(0, listing.entries.length),
    )
  })

  it("whose header is overwritten is damaged", () => {
    const bytes = Buffer.from(tarOf("gnu"))
    bytes.fill(0x41, 1024, 1536)
    expect(list(bytes)).toMatchObject({ state: "damaged", listing: { fileCount: 1 } })
  })

  it("has a first block with a checksum, so other streams are none", () => {
    expect(list(Buffer.alloc(2000, "solid dragon")).state).toBe("not_tar")
    expect(list(new Uint8Array(0)).state).toBe("not_tar")
  })

  it("keeps as many entries as wanted and counts all", () => {
    const { listing } = list(tarOf("gnu"), [], 2)
    expect(listing.entries).toHaveLength(2)
    expect(listing).toMatchObject({ fileCount: 4, truncated: true })
  })

  it("ends in a state for any bytes, also when they were a tar once", () => {
    const bytes = tarOf("pax")
    const flips = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 12 })
    fc.assert(
      fc.property(flips, fc.nat(bytes.length), (changes, length) => {
        const broken = Buffer.from(bytes.subarray(0, length))
        for (const [at, value] of changes) if (at < length) broken[at] = value
        const { listing, state } = list(broken)
        expect(["whole", "cut_off", "damaged", "not_tar"]).toContain(state)
        for (const entry of listing.entries) expect(entry.path.isWellFormed()).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})
