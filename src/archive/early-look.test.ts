import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { checkCompleteness } from "./completeness.ts"
import { lookEarly, peeksOf } from "./early-look.ts"
import type { ReadAt } from "./volume-bytes.ts"
import type { Family } from "./volume-name.ts"

const corpus = new URL("../../test/corpus/", import.meta.url).pathname
const sample = (name: string): Uint8Array => readFileSync(join(corpus, name))
const samples = (begin: string): ReadonlyArray<Uint8Array> =>
  readdirSync(corpus)
    .filter((name) => name.startsWith(begin))
    .sort()
    .map(sample)

type Contents = ReadonlyArray<Uint8Array>

const sizesOf = (volumes: Contents) => volumes.map((volume) => ({ bytes: volume.length }))

const readerOf =
  (volumes: Contents): ReadAt =>
  (volume, offset, length) =>
    volumes[volume]?.subarray(offset, offset + length) ?? new Uint8Array(0)

/** Gives bytes of the ranges that are asked for alone, and of those only what `fetched` lets through. */
const look = (family: Family, volumes: Contents, fetched: (peek: number) => boolean = () => true) => {
  const peeks = peeksOf(family, sizesOf(volumes)).filter((_, index) => fetched(index))
  return lookEarly(family, sizesOf(volumes), (volume, offset, length) => {
    const found = peeks.find(
      (peek) => peek.volume === volume && peek.offset <= offset && offset < peek.offset + peek.bytes,
    )
    if (found === undefined) return new Uint8Array(0)
    return volumes[volume]?.subarray(offset, Math.min(offset + length, found.offset + found.bytes)) ?? new Uint8Array(0)
  })
}

const cutInto = (bytes: Uint8Array, step: number): Contents =>
  Array.from({ length: Math.ceil(bytes.length / step) }, (_, index) => bytes.subarray(index * step, (index + 1) * step))

const spanned = (tool: string) =>
  ["z01", "z02", "zip"].map((end) => sample(`cc/split_zip_created_by_${tool}/split_zip_created_by_${tool}.${end}`))

const large = sample("test_read_format_zip_winzip_aes256_large.zip")

/** Whole sets whose ends prove that they are. */
const provable: ReadonlyArray<readonly [string, Family, Contents]> = [
  ["a ZIP", "zip", [sample("cc/ordertest.zip")]],
  ["a ZIP64", "zip", [sample("libzip/streamed-zip64.zip")]],
  ["a split ZIP", "zip_split", cutInto(large, Math.ceil(large.length / 3))],
  ["a split ZIP with a tiny last volume", "zip_split", cutInto(large, large.length - 7)],
  ["WinRAR's spanned ZIP", "zip_spanned", spanned("winrar")],
  ["Info-ZIP's spanned ZIP", "zip_spanned", spanned("zip")],
  ["a 7z", "seven_z", [sample("test_read_format_7zip_copy_2.7z")]],
  ["a 7z with encrypted names", "seven_z", [sample("test_read_format_7zip_encryption_header.7z")]],
  ["a split 7z", "seven_z_split", [sample("cc/bla-multi.7z.001"), sample("cc/bla-multi.7z.002")]],
  ["a RAR4", "rar", [sample("test_read_format_rar_windows.rar")]],
  ["a RAR5", "rar", [sample("test_read_format_rar5_win32.rar")]],
  ["RAR5 volumes", "rar_parts", samples("test_read_format_rar5_multiarchive.part")],
  ["solid RAR5 volumes", "rar_parts", samples("test_read_format_rar5_multiarchive_solid.part")],
  ["RAR4 volumes", "rar_parts", samples("test_rar_multivolume_multiple_files.part")],
  ["a split RAR", "rar_split", samples("test_read_large_splitted_rar_")],
  ["a split ZIP with no inner name", "plain_split", cutInto(large, Math.ceil(large.length / 3))],
]

const multiple = provable.filter(([, , volumes]) => volumes.length > 1)

/** Of a byte split without its end nothing is left that could prove it, unless the beginning tells the size. */
const provenByLastVolume = multiple.filter(([, family]) => family !== "rar_split")

describe("before a set is downloaded", () => {
  it.each(provable)("%s is known to be whole", (_, family, volumes) => {
    expect(look(family, volumes)).toEqual({ state: "whole", detail: "" })
  })

  it.each(provenByLastVolume)("%s is known to lack its last volume", (_, family, volumes) => {
    const found = look(family, volumes.slice(0, -1))
    expect(found.state).toBe("incomplete")
    expect(found.detail).not.toBe("")
  })

  it("a single volume that belongs to others is known to be one", () => {
    const [first = new Uint8Array(0), second = new Uint8Array(0)] = samples("test_read_format_rar5_multiarchive.part")
    expect(look("rar", [first])).toEqual({ state: "incomplete", detail: "More volumes of this RAR file follow." })
    expect(look("rar", [second])).toEqual({ state: "incomplete", detail: "This is not the first volume." })
    expect(look("zip", spanned("zip").slice(-1)).detail).toBe("This is the last of 3 volumes of a spanned ZIP file.")
  })

  it("the bytes that a 7z lacks are counted", () => {
    const [first = new Uint8Array(0)] = [sample("cc/bla-multi.7z.001")]
    expect(look("seven_z_split", [first]).detail).toMatch(/^\d+ of \d+ bytes are missing\.$/)
  })

  it.each([
    ["zip", "test_read_format_rar5_win32.rar", "a RAR archive"],
    ["rar", "cc/ordertest.zip", "a ZIP archive"],
    ["seven_z", "cc/ordertest.zip", "a ZIP archive"],
    ["zip", "MANIFEST.json", "none of the known"],
  ] as const)("a %s that is %s is called renamed", (family, name, words) => {
    const found = look(family, [sample(name)])
    expect(found.state).toBe("renamed")
    expect(found.detail).toContain(words)
  })

  it("a program or junk in front of an archive is no reason to call it renamed", () => {
    const junk = Buffer.concat([Buffer.alloc(5000, "x"), sample("cc/ordertest.zip")])
    expect(look("zip", [junk]).state).not.toBe("renamed")
    expect(look("rar_parts", [Buffer.concat([Buffer.from("MZ"), Buffer.alloc(9000)])]).state).toBe("unknown")
  })

  it("a look-alike of an end record in a comment leaves it open", () => {
    const zip = Buffer.from(sample("cc/ordertest.zip"))
    const end = Buffer.from(zip.subarray(zip.length - 22))
    end.writeUInt16LE(9, 4)
    zip.writeUInt16LE(end.length, zip.length - 2)
    expect(look("zip", [Buffer.concat([zip, end])]).state).toBe("unknown")
  })

  it("nothing is said of what needs all bytes, or was not fetched", () => {
    expect(look("tar", [sample("test_compat_gzip_1.tgz")]).state).toBe("unknown")
    expect(look("rar", [sample("test_read_format_rar_encryption_header.rar")]).state).toBe("unknown")
    for (const [, family, volumes] of provable) expect(look(family, volumes, () => false).state).toBe("unknown")
    expect(look("zip", [large], (peek) => peek === 0).state).toBe("unknown")
    expect(peeksOf("document", [{ bytes: 10 }])).toEqual([])
  })
})

describe("an early verdict", () => {
  const anySet = fc.nat(provable.length - 1)
  const flips = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 })
  const removed = fc.option(fc.nat(), { nil: undefined })
  const cutOff = fc.oneof(fc.constant(0), fc.nat(200))

  /** A set with bytes overwritten near its ends, perhaps without a volume, perhaps cut off. */
  const harm = (
    volumes: Contents,
    changes: ReadonlyArray<readonly [number, number, number]>,
    lost: number | undefined,
    cut: number,
  ): Contents => {
    const copies = volumes
      .map((volume) => Uint8Array.from(volume))
      .filter((_, index) => volumes.length === 1 || lost === undefined || index !== lost % volumes.length)
    for (const [volume, place, value] of changes) {
      const copy = copies[volume % copies.length]
      if (copy === undefined) continue
      const near = (place >> 1) % Math.min(100, copy.length)
      copy[place % 2 === 0 ? near : copy.length - 1 - near] = value
    }
    return copies.map((copy, index) =>
      index === copies.length - 1 ? copy.subarray(0, Math.max(0, copy.length - cut)) : copy,
    )
  }

  it("never turns back a set that the whole of it proves complete, in 20,000 harmed sets", () => {
    fc.assert(
      fc.property(anySet, flips, removed, cutOff, (which, changes, lost, cut) => {
        const [, family, volumes] = provable[which] ?? ["", "zip", []]
        const harmed = harm(volumes, changes, lost, cut)
        const early = look(family, harmed)
        const late = checkCompleteness(family, sizesOf(harmed), readerOf(harmed))
        if (late.state === "complete") expect(["whole", "unknown"]).toContain(early.state)
        if (early.state === "renamed") expect(late.state).toBe("renamed")
        if (early.state === "incomplete") expect(["incomplete", "damaged", "renamed"]).toContain(late.state)
      }),
      { numRuns: 20_000 },
    )
  })

  it("reads no more than it has asked for", () => {
    for (const family of ["zip", "zip_split", "zip_spanned", "seven_z", "rar", "rar_parts", "plain_split"] as const) {
      const volumes = [{ bytes: 2 ** 31 }, { bytes: 2 ** 31 }]
      const peeks = peeksOf(family, volumes)
      expect(peeks.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(70_000)
      expect(peeks.length).toBeLessThanOrEqual(2)
    }
  })
})
