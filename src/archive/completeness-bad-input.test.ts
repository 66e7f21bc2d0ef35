import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Completeness, checkCompleteness } from "./completeness.ts"
import type { Family } from "./volume-name.ts"

const corpus = new URL("../../test/corpus/", import.meta.url).pathname
const sample = (name: string): Buffer => readFileSync(join(corpus, name))
const samples = (begin: string): ReadonlyArray<Buffer> =>
  readdirSync(corpus)
    .filter((name) => name.startsWith(begin))
    .sort()
    .map(sample)

/** Archives whose headers our own parsers read, in volume order. */
const sets: ReadonlyArray<readonly [Family, ReadonlyArray<Buffer>]> = [
  ["zip", [sample("cc/ordertest.zip")]],
  ["zip", [sample("libzip/streamed-zip64.zip")]],
  ["zip", [sample("test_read_format_zip_encryption_header.zip")]],
  [
    "zip_spanned",
    ["z01", "z02", "zip"].map((end) => sample(`cc/split_zip_created_by_winrar/split_zip_created_by_winrar.${end}`)),
  ],
  ["seven_z", [sample("test_read_format_7zip_copy_2.7z")]],
  ["seven_z", [sample("test_read_format_7zip_encryption_header.7z")]],
  ["seven_z_split", [sample("cc/bla-multi.7z.001"), sample("cc/bla-multi.7z.002")]],
  ["rar", [sample("test_read_format_rar_windows.rar")]],
  ["rar", [sample("test_read_format_rar5_win32.rar")]],
  ["rar_parts", samples("test_read_format_rar5_multiarchive.part")],
  ["rar_parts", samples("test_rar_multivolume_multiple_files.part")],
]

const states: ReadonlyArray<Completeness["state"]> = [
  "complete",
  "complete_by_name",
  "incomplete",
  "damaged",
  "renamed",
]
/** A check may look at every block of a RAR, and no more: reads and bytes of one check. */
const MAX_READS = 200_000
const MAX_BYTES = 16 * 1024 * 1024

/** What is done to a set: bits turned over, a byte run overwritten, a volume cut, left out, swapped or doubled. */
const harm = fc.record({
  flips: fc.array(fc.record({ volume: fc.nat(), at: fc.nat(), fromEnd: fc.boolean(), bit: fc.nat(7) }), {
    maxLength: 6,
  }),
  run: fc.option(fc.record({ volume: fc.nat(), at: fc.nat(400), bytes: fc.uint8Array({ maxLength: 16 }) })),
  cut: fc.option(fc.record({ volume: fc.nat(), at: fc.nat() })),
  order: fc.option(fc.constantFrom("leave out", "swap", "double")),
  of: fc.nat(),
})
type Harm = typeof harm extends fc.Arbitrary<infer Value> ? Value : never

const harmed = (volumes: ReadonlyArray<Buffer>, { cut, flips, of, order, run }: Harm): ReadonlyArray<Buffer> => {
  const result: Array<Buffer> = volumes.map((volume) => Buffer.from(volume))
  const at = (volume: number): Buffer => result[volume % result.length] ?? Buffer.alloc(0)
  for (const flip of flips) {
    const target = at(flip.volume)
    // Headers stand at the beginning and the end.
    const near = flip.at % Math.min(target.length, 300)
    const place = flip.fromEnd ? target.length - 1 - near : near
    if (target.length > 0) target.writeUInt8(target.readUInt8(place) ^ (1 << flip.bit), place)
  }
  if (run !== null) {
    const target = at(run.volume)
    target.set(run.bytes.subarray(0, Math.max(0, target.length - run.at)), Math.min(run.at, target.length))
  }
  if (cut !== null) {
    const index = cut.volume % result.length
    const target = at(index)
    result[index] = target.subarray(0, cut.at % (target.length + 1))
  }
  const index = of % result.length
  if (order === "leave out") result.splice(index, 1)
  if (order === "swap") result.reverse()
  if (order === "double") result.splice(index, 0, at(index))
  return result
}

const check = (family: Family, volumes: ReadonlyArray<Buffer>) => {
  let reads = 0
  let bytes = 0
  const result = checkCompleteness(
    family,
    volumes.map((volume) => ({ bytes: volume.length })),
    (volume, offset, length) => {
      reads++
      bytes += length
      return volumes[volume]?.subarray(offset, offset + length) ?? new Uint8Array(0)
    },
  )
  return { result, reads, bytes }
}

const expectTyped = ({ result, reads, bytes }: ReturnType<typeof check>): void => {
  expect(states).toContain(result.state)
  expect(reads).toBeLessThan(MAX_READS)
  expect(bytes).toBeLessThan(MAX_BYTES)
}

describe("headers that were harmed", () => {
  it("end in one of the named states within bounded reading, in 22,000 cases", () => {
    for (const [family, volumes] of sets) {
      fc.assert(
        fc.property(harm, (what) => expectTyped(check(family, harmed(volumes, what)))),
        { numRuns: 2000 },
      )
    }
  }, 120_000)

  it("end so when a volume is cut at any byte near its beginning or its end", () => {
    for (const [family, volumes] of sets) {
      for (const [index, volume] of volumes.entries()) {
        const lengths = Array.from({ length: 200 }, (_, byte) => [byte, Math.max(0, volume.length - byte)]).flat()
        for (const length of lengths) {
          const cut = volumes.map((other, place) => (place === index ? other.subarray(0, length) : other))
          expectTyped(check(family, cut))
        }
      }
    }
  }, 120_000)

  it("end so when they are random bytes behind the mark of a format", () => {
    const marks = sets.map(([family, [first]]) => [family, first?.subarray(0, 8) ?? Buffer.alloc(0)] as const)
    fc.assert(
      fc.property(fc.constantFrom(...marks), fc.uint8Array({ maxLength: 600 }), ([family, mark], rest) =>
        expectTyped(check(family, [Buffer.concat([mark, rest])])),
      ),
      { numRuns: 5000 },
    )
  }, 120_000)
})
