import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { checkCompleteness } from "./completeness.ts"
import type { Family } from "./volume-name.ts"

const corpus = new URL("../../test/corpus/", import.meta.url).pathname
const sample = (name: string): Uint8Array => readFileSync(join(corpus, name))
const samples = (begin: string): ReadonlyArray<Uint8Array> =>
  readdirSync(corpus)
    .filter((name) => name.startsWith(begin))
    .sort()
    .map(sample)

const check = (family: Family, volumes: ReadonlyArray<Uint8Array>) =>
  checkCompleteness(
    family,
    volumes.map((volume) => ({ bytes: volume.length })),
    (volume, offset, length) => volumes[volume]?.subarray(offset, offset + length) ?? new Uint8Array(0),
  )
const stateOf = (family: Family, volumes: ReadonlyArray<Uint8Array>) => check(family, volumes).state
const cutInto = (bytes: Uint8Array, step: number): ReadonlyArray<Uint8Array> =>
  Array.from({ length: Math.ceil(bytes.length / step) }, (_, index) => bytes.subarray(index * step, (index + 1) * step))

const spanned = (tool: string) =>
  ["z01", "z02", "zip"].map((end) => sample(`cc/split_zip_created_by_${tool}/split_zip_created_by_${tool}.${end}`))

/** A set of each family that proves its own completeness. */
const provable: ReadonlyArray<readonly [string, Family, ReadonlyArray<Uint8Array>]> = [
  ["a ZIP", "zip", [sample("cc/ordertest.zip")]],
  ["a ZIP64", "zip", [sample("libzip/streamed-zip64.zip")]],
  ["an empty ZIP", "zip", [sample("libzip/testempty.zip")]],
  ["a split ZIP", "zip_split", cutInto(sample("cc/ordertest.zip"), 10_000)],
  ["WinRAR's spanned ZIP", "zip_spanned", spanned("winrar")],
  ["Info-ZIP's spanned ZIP", "zip_spanned", spanned("zip")],
  ["a 7z", "seven_z", [sample("test_read_format_7zip_copy_2.7z")]],
  ["a split 7z", "seven_z_split", [sample("cc/bla-multi.7z.001"), sample("cc/bla-multi.7z.002")]],
  ["a RAR4", "rar", [sample("test_read_format_rar_windows.rar")]],
  ["a RAR5", "rar", [sample("test_read_format_rar5_win32.rar")]],
  ["RAR5 volumes", "rar_parts", samples("test_read_format_rar5_multiarchive.part")],
  ["solid RAR5 volumes", "rar_parts", samples("test_read_format_rar5_multiarchive_solid.part")],
  ["RAR4 volumes", "rar_parts", samples("test_rar_multivolume_multiple_files.part")],
  ["a split RAR", "rar_split", samples("test_read_large_splitted_rar_")],
  ["a split RAR with no inner name", "plain_split", samples("test_read_large_splitted_rar_")],
]

describe("a whole set is proven complete", () => {
  it.each(provable)("%s", (_, family, volumes) => {
    expect(check(family, volumes)).toEqual({ state: "complete", detail: "" })
  })

  it("or counts as complete by name where the proof is encrypted", () => {
    expect(check("rar", [sample("test_read_format_rar_encryption_header.rar")])).toMatchObject({
      state: "complete_by_name",
      encryptedHeaders: true,
    })
  })

  it("with encrypted names where they are", () => {
    for (const [family, name] of [
      ["seven_z", "test_read_format_7zip_encryption_header.7z"],
      ["zip", "test_read_format_zip_encryption_header.zip"],
    ] as const) {
      expect(check(family, [sample(name)])).toEqual({ state: "complete", detail: "", encryptedHeaders: true })
    }
  })

  it("a tar counts as complete by name", () => {
    expect(stateOf("tar", [sample("test_compat_gzip_1.tgz")])).toBe("complete_by_name")
  })
})

describe("a set that lacks something is never complete", () => {
  const multiple = provable.filter(([, , volumes]) => volumes.length > 1)
  const bytewise = provable.filter(([name]) => name !== "an empty ZIP")

  it.each(multiple)("%s without its last volume is incomplete", (_, family, volumes) => {
    expect(stateOf(family, volumes.slice(0, -1))).toBe("incomplete")
  })

  // Without its first volume nothing tells what a plain split was.
  const recognisable = multiple.filter(([, family]) => family !== "plain_split")

  it.each(recognisable)("%s without any other volume is not complete", (_, family, volumes) => {
    for (let index = 0; index < volumes.length - 1; index++) {
      const state = stateOf(
        family,
        volumes.filter((__, other) => other !== index),
      )
      expect(["incomplete", "damaged", "renamed"]).toContain(state)
    }
  })

  it.each(bytewise)("%s that ends early is not complete", (name, family, volumes) => {
    const last = volumes.at(-1) ?? new Uint8Array(0)
    const anyLength = fc.integer({ min: 0, max: last.length - 1 })
    fc.assert(
      fc.property(anyLength, (length) => {
        const state = stateOf(family, [...volumes.slice(0, -1), last.subarray(0, length)])
        // An old RAR that ends between two blocks may be one that never had an end block.
        const mayBeByName = name.includes("RAR4") || name.includes("split RAR")
        return state !== "complete" && (mayBeByName || state !== "complete_by_name")
      }),
      { numRuns: 200 },
    )
  })

  it("volumes in the wrong order are damaged", () => {
    const [first = [], second = [], ...rest] = samples("test_read_format_rar5_multiarchive.part")
    expect(
      stateOf(
        "rar_parts",
        [second, first, ...rest].map((volume) => Uint8Array.from(volume)),
      ),
    ).toBe("damaged")
  })

  it("volumes that are there twice, or come from another set, are no complete set where the headers count them", () => {
    const volumes = samples("test_read_format_rar5_multiarchive.part")
    const [foreign = new Uint8Array(0)] = samples("test_read_format_rar5_multiarchive_solid.part")
    for (let index = 1; index < volumes.length; index++) {
      expect(stateOf("rar_parts", volumes.with(index, volumes[index - 1] ?? foreign))).toBe("damaged")
      expect(stateOf("rar_parts", volumes.with(index, foreign))).toBe("damaged")
    }
    const [first = foreign, second = foreign] = spanned("winrar")
    expect(stateOf("zip_spanned", [first, first, second])).not.toBe("complete")
    expect(stateOf("seven_z_split", [sample("cc/bla-multi.7z.001"), sample("cc/bla-multi.7z.001")])).toBe("damaged")
  })

  it("the last volume of a spanned ZIP alone is incomplete, though its name says .zip", () => {
    expect(stateOf("zip", spanned("zip").slice(-1))).toBe("incomplete")
  })

  it("a ZIP that stands alone does not become a set with somebody's .z01", () => {
    expect(stateOf("zip_spanned", [new Uint8Array(100), sample("cc/ordertest.zip")])).not.toBe("complete")
  })

  it("a foreign volume behind a 7z is seen", () => {
    const whole = [sample("cc/bla-multi.7z.001"), sample("cc/bla-multi.7z.002"), new Uint8Array(7)]
    expect(stateOf("seven_z_split", whole)).toBe("damaged")
  })
})

describe("content that is not what the name says", () => {
  it.each([
    ["zip", "test_read_format_rar5_win32.rar", "a RAR archive"],
    ["rar", "cc/ordertest.zip", "a ZIP archive"],
    ["seven_z", "cc/ordertest.zip", "a ZIP archive"],
    ["zip", "MANIFEST.json", "none of the known"],
  ] as const)("a %s that is %s is called renamed", (family, name, words) => {
    const found = check(family, [sample(name)])
    expect(found.state).toBe("renamed")
    expect(found.detail).toContain(words)
  })
})

describe("hostile headers", () => {
  it("end in a state, whatever bits are flipped", () => {
    const small = provable.filter(([, , volumes]) => volumes.every((volume) => volume.length < 20_000))
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    })
    fc.assert(
      fc.property(fc.constantFrom(...small), flips, ([, family, volumes], changes) => {
        const copies = volumes.map((volume) => Uint8Array.from(volume))
        for (const [volume, place, mask] of changes) {
          const copy = copies[volume % copies.length]
          // The ends are where the headers are.
          if (copy !== undefined) {
            const index =
              place % 2 === 0
                ? (place >> 1) % Math.min(64, copy.length)
                : copy.length - 1 - ((place >> 1) % Math.min(200, copy.length))
            copy[index] = (copy[index] ?? 0) ^ mask
          }
        }
        expect(stateOf(family, copies)).toMatch(/^(complete|complete_by_name|incomplete|damaged|renamed)$/)
      }),
      { numRuns: 4000 },
    )
  })

  it("read a bounded amount, however large the file claims to be", () => {
    let read = 0
    const huge = [{ bytes: 2 ** 50 }]
    for (const family of ["zip", "seven_z", "rar", "zip_split", "tar", "plain_split"] as const) {
      checkCompleteness(family, huge, (_, __, length) => {
        read += length
        return new Uint8Array(length)
      })
    }
    expect(read).toBeLessThan(4 * 1024 * 1024)
  })

  it("in many volumes of countless tiny blocks are not all walked", () => {
    // A RAR4 main header that says "volume", then blocks of seven bytes, none of them an end.
    const block = Buffer.alloc(7)
    block.set([0x10, 0, 0, 7], 2)
    const volume = Buffer.concat([
      sample("test_rar_multivolume_single_file.part1.rar").subarray(0, 20),
      Buffer.alloc(70_000, block),
    ])
    let reads = 0
    const volumes = Array.from({ length: 200 }, () => ({ bytes: volume.length }))
    const { state } = checkCompleteness("rar_old", volumes, (_, offset, length) => {
      reads += 1
      return volume.subarray(offset, offset + length)
    })
    expect(state).not.toBe("complete")
    expect(reads).toBeLessThan(600_000)
  })
})
