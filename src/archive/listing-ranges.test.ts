import { execFileSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { sevenZipPath } from "../cpu/seven-zip.ts"
import { listingNeed } from "./listing-ranges.ts"
import type { Family } from "./volume-name.ts"

const FILES = 60

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "stash-ranges-"))
  mkdirSync(join(folder, "in"))
  for (let n = 0; n < FILES; n++) writeFileSync(join(folder, "in", `Dragon ${n}.stl`), randomBytes(20_000))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const pack = (name: string, ...options: ReadonlyArray<string>): Buffer => {
  const path = join(folder, name)
  execFileSync(sevenZipPath(), ["a", "-mx=0", "-bso0", "-bsp0", ...options, path, join(folder, "in")])
  return readFileSync(path)
}

/** Fetches what is needed, as ranges; the rest is zeros. Undefined: all is needed. */
const fetch = (family: Family, content: Buffer, cuts: ReadonlyArray<number> = []) => {
  const edges = [0, ...cuts, content.length]
  const volumes = edges.slice(1).map((end, n) => content.subarray(edges[n], end))
  const there = volumes.map((volume) => new Uint8Array(volume.length))
  const sparse = volumes.map((volume) => Buffer.alloc(volume.length))
  const readAt = (volume: number, offset: number, length: number) => {
    const marks = there[volume]?.subarray(offset, offset + length) ?? new Uint8Array(0)
    const missing = marks.indexOf(0)
    return sparse[volume]?.subarray(offset, offset + (missing < 0 ? marks.length : missing)) ?? new Uint8Array(0)
  }
  const sizes = volumes.map((volume) => ({ bytes: volume.length }))
  for (let round = 0; round < 4; round++) {
    const need = listingNeed(family, sizes, readAt)
    if (need === "all") return undefined
    if (need.length === 0) {
      const bytes = there.reduce((sum, marks) => sum + marks.reduce((a, b) => a + b, 0), 0)
      return { content: Buffer.concat(sparse), bytes }
    }
    for (const { bytes, offset, volume } of need) {
      volumes[volume]?.copy(sparse[volume] ?? Buffer.alloc(0), offset, offset, offset + bytes)
      there[volume]?.fill(1, offset, offset + bytes)
    }
  }
  throw new Error("more was asked for after four rounds")
}

/** How many files 7-Zip finds. */
const listed = (name: string, content: Buffer): number => {
  const path = join(folder, name)
  writeFileSync(path, content)
  const text = execFileSync(sevenZipPath(), ["l", "-slt", "-ba", path], { encoding: "utf8" })
  return text.split("\n").filter((line) => /^Path = .*\.stl$/.test(line)).length
}

describe("what a listing needs", () => {
  it("of a zip and a 7z is a small part, with which 7-Zip lists all", () => {
    for (const [name, family] of [
      ["a.zip", "zip"],
      ["b.7z", "seven_z"],
    ] as const) {
      const content = pack(name)
      const fetched = fetch(family, content)
      expect(fetched?.bytes).toBeLessThan(content.length / 10)
      expect(listed(`sparse-${name}`, fetched?.content ?? Buffer.alloc(0))).toBe(FILES)
    }
  })

  it("of a 7z whose header is not packed is that header", () => {
    const fetched = fetch("seven_z", pack("plain.7z", "-mhc=off"))
    expect(listed("sparse-plain.7z", fetched?.content ?? Buffer.alloc(0))).toBe(FILES)
  })

  it("is found across the volumes of a byte split, wherever it is cut", () => {
    const contents = { zip_split: pack("c.zip"), seven_z_split: pack("d.7z") } as const
    const family = fc.constantFrom<keyof typeof contents>("zip_split", "seven_z_split")
    const share = fc.double({ min: 0.01, max: 0.999, noNaN: true })
    fc.assert(
      fc.property(family, fc.array(share, { maxLength: 4 }), (family, shares) => {
        const content = contents[family]
        const cuts = [...new Set(shares.map((one) => Math.floor(one * content.length)))].sort((a, b) => a - b)
        const whole = fetch(family, content)
        expect(fetch(family, content, cuts)?.content.equals(whole?.content ?? Buffer.alloc(0))).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  it("of what has no directory is all of it", () => {
    for (const family of ["rar", "rar_parts", "tar", "zip_spanned", "plain_split"] as const)
      expect(fetch(family, Buffer.alloc(100_000, 1))).toBeUndefined()
    expect(fetch("zip", Buffer.alloc(100_000, 1))).toBeUndefined()
    expect(fetch("seven_z", Buffer.alloc(100_000, 1))).toBeUndefined()
  })

  it("is said of any bytes in a few rounds", () => {
    const anything = fc.uint8Array({ maxLength: 300 })
    const family = fc.constantFrom<Family>("zip", "zip_split", "seven_z", "seven_z_split", "plain_split")
    const magic = fc.constantFrom("", "PK\x03\x04", "7z\xbc\xaf\x27\x1c\x00\x04")
    const end = fc.constantFrom("", "PK\x05\x06")
    fc.assert(
      fc.property(family, magic, anything, end, anything, (family, magic, middle, end, rest) => {
        const parts = [Buffer.from(magic, "latin1"), middle, Buffer.from(end, "latin1"), rest]
        fetch(family, Buffer.concat(parts))
      }),
    )
  })
})
