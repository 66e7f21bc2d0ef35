import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { buffer } from "node:stream/consumers"
import { brotliCompressSync, crc32, gzipSync, zstdCompressSync } from "node:zlib"
import { afterAll, describe, expect, it } from "vitest"
import type { Family } from "../archive/volume-name.ts"
import { neverCancelled } from "./cancellation.ts"
import { extractEntry } from "./extract.ts"
import { digestFiles, noSpareCpu } from "./hash.ts"
import { inspectSet } from "./inspect.ts"
import { defaultCpuLimits } from "./limits.ts"
import { sevenZipPath } from "./seven-zip.ts"
import { unpackerOf } from "./unpackers.ts"

const corpus = new URL("../../test/corpus/", import.meta.url).pathname
const scratch = mkdtempSync(join(tmpdir(), "extract-"))
const workDirectory = join(scratch, "work")
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const folder = join(scratch, "files")
const content = Buffer.from("solid dragon ".repeat(5000))
for (const [name, bytes] of [
  ["models/dragon.stl", content],
  ["models/[1]*.stl", Buffer.from("brackets")],
  ["a?c.txt", Buffer.from("question")],
  ["abc.txt", Buffer.from("letters")],
] as const) {
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  writeFileSync(join(folder, name), bytes)
}

const run = (command: string, ...args: ReadonlyArray<string>) =>
  execFileSync(command, args, { cwd: folder, maxBuffer: 1e8, stdio: ["ignore", "pipe", "ignore"] })

const pack = (name: string, ...options: ReadonlyArray<string>): string => {
  run(sevenZipPath(), "a", "-spd", ...options, join(scratch, name), ".")
  return join(scratch, name)
}

const write = (name: string, bytes: Uint8Array): string => {
  writeFileSync(join(scratch, name), bytes)
  return join(scratch, name)
}

const halves = (path: string): ReadonlyArray<string> => {
  const bytes = readFileSync(path)
  const middle = Math.ceil(bytes.length / 2)
  return [
    write(`${basename(path)}.001`, bytes.subarray(0, middle)),
    write(`${basename(path)}.002`, bytes.subarray(middle)),
  ]
}

/** A long text in a few characters, for messages that can be read. */
const shortOf = (text: string): string =>
  text.length < 100 ? text : `${text.length} bytes, ${createHash("sha256").update(text).digest("hex")}`

const extract = async (family: Family, paths: ReadonlyArray<string>, entryPath: string, maxBytes = 1_000_000) => {
  const volumes = paths.map((path) => ({ path, name: basename(path) }))
  const result = await extractEntry(
    { family, volumes, entryPath, workDirectory, maxBytes },
    neverCancelled,
    defaultCpuLimits,
  )
  return result.ok ? shortOf(Buffer.from(result.content).toString()) : result.reason
}

const tar = run("tar", "-cf", "-", "models", "abc.txt")
const whole = content.toString()

const streams = new URL("../../test/streams/", import.meta.url).pathname
/** The same tar, packed by compressors of which this machine may have none. */
const packedSamples = [
  "sample.tar",
  "sample.tar.lz",
  "sample.tar.lz4",
  "sample-legacy.tar.lz4",
  "sample-linked.tar.lz4",
  "sample.tar.lzma",
].map((name) => join(streams, name))
const sampleTar = readFileSync(join(streams, "sample.tar"))
const brotliSample = write("sample.tar.br", brotliCompressSync(sampleTar))
const wideText = "x".repeat(5000)

/** One stream, as 7-Zip packs it. */
const sevenZipped = (type: string, bytes: Uint8Array = content): Buffer =>
  execFileSync(sevenZipPath(), ["a", "-si", "-so", `-t${type}`, "x"], { input: bytes, maxBuffer: 1e8 })

const corpusFiles = (pattern: RegExp): ReadonlyArray<string> =>
  readdirSync(corpus)
    .filter((name) => pattern.test(name))
    .sort()
const spanned = "cc/split_zip_created_by_winrar"

describe("taking one entry into memory", () => {
  it.each([
    ["zip", () => [pack("one.zip")]],
    ["zip_split", () => halves(pack("split.zip", "-mx0"))],
    ["seven_z", () => [pack("solid.7z")]],
    ["seven_z_split", () => halves(pack("split.7z", "-mx0"))],
    ["tar", () => [write("plain.tar", tar)]],
    ["tar", () => [write("packed.tar.gz", gzipSync(tar))]],
    ["tar", () => [write("packed.tar.zst", zstdCompressSync(tar))]],
    ["tar_split", () => halves(write("split.tar.gz", gzipSync(tar)))],
  ] as const)("works for %s", async (family, paths) => {
    expect(await extract(family, paths(), "models/dragon.stl")).toBe(shortOf(whole))
  })

  it.each([...packedSamples, brotliSample].map((path) => [basename(path), path]))("works for %s", async (_, path) => {
    expect(await extract("tar", [path], "wide.txt")).toBe(shortOf(wideText))
  })

  it.each([
    ["model.stl.gz", gzipSync(content)],
    ["model.stl.zst", zstdCompressSync(content)],
    ["model.stl.bz2", sevenZipped("bzip2")],
    ["model.stl.xz", sevenZipped("xz")],
  ])("works for %s, which is no tar", async (name, packed) => {
    const path = write(name, packed)
    expect(await extract("tar", [path], "model.stl")).toBe(shortOf(whole))
    expect(await extract("tar", [path], "model.stl", 1000)).toBe("too_large")
    expect(await extract("tar", [path], "other.stl")).toBe("absent")
  })

  it.each([
    ["rar", ["test_read_format_rar_windows.rar"]],
    ["rar", ["test_read_format_rar5_multiple_files.rar"]],
    ["rar_parts", corpusFiles(/^test_rar_multivolume_multiple_files\.part\d\.rar$/)],
    ["rar_parts", corpusFiles(/^test_read_format_rar5_multiarchive_solid\.part\d\d\.rar$/)],
    ["rar_split", corpusFiles(/^test_read_splitted_rar_a.$/)],
    ["plain_split", corpusFiles(/^test_read_splitted_rar_a.$/)],
    ["zip_spanned", ["z01", "z02", "zip"].map((end) => `${spanned}/split_zip_created_by_winrar.${end}`)],
    ["seven_z", ["test_read_format_7zip_bcj2_lzma1_1.7z"]],
    ["seven_z_split", ["cc/bla-multi.7z.001", "cc/bla-multi.7z.002"]],
  ] as const)("gives every entry of a %s with the checksum that it is listed with", async (family, files) => {
    const volumes = files.map((file) => ({ path: join(corpus, file), name: basename(file) }))
    const job = { family, archiveType: "DOCUMENT" as const, volumes, workDirectory }
    const { entries } = await inspectSet(job, neverCancelled, defaultCpuLimits)
    const listed = entries.filter((entry) => entry.crc32 !== null && !entry.directory).slice(0, 12)
    expect(listed.length).toBeGreaterThan(0)
    for (const { crc32: sum, path } of listed) {
      const result = await extractEntry(
        { ...job, entryPath: path, maxBytes: 10_000_000 },
        neverCancelled,
        defaultCpuLimits,
      )
      const found = result.ok ? crc32(result.content).toString(16).toUpperCase().padStart(8, "0") : result.reason
      expect([path, found]).toEqual([path, sum])
    }
  })

  it("works for the volumes of a RAR", async () => {
    const names = readdirSync(corpus).filter((name) => /multiarchive\.part\d\d\.rar$/.test(name))
    const paths = names.sort().map((name) => join(corpus, name))
    const listed = "home/antek/temp/build/unrar5/libarchive/bin/bsdcat_test"
    const text = await extract("rar_parts", paths, listed, 10_000_000)
    expect(text).toMatch(/^\d{5,} bytes/)
  })

  it("works for names that are not what they are shown as", async () => {
    expect(await extract("zip", [join(corpus, "test_read_format_zip_filename_cp866.zip")], "ПРИВЕТ")).toHaveLength(6)
    const [upper, lower] = ["ПРИВЕТ", "привет"].map((name) =>
      extract("zip", [join(corpus, "test_read_format_zip_filename_cp866.zip")], name),
    )
    expect(await upper).not.toBe(await lower)
  })

  it("takes a path by the letter, never as a pattern or an option", async () => {
    const path = pack("patterns.zip")
    expect(await extract("zip", [path], "models/[1]*.stl")).toBe("brackets")
    expect(await extract("zip", [path], "a?c.txt")).toBe("question")
    expect(await extract("zip", [path], "*")).toBe("absent")
    expect(await extract("zip", [path], "-o/tmp")).toBe("absent")
  })

  it("refuses what is too large, absent or secret", async () => {
    expect(await extract("zip", [pack("limits.zip")], "models/dragon.stl", content.length - 1)).toBe("too_large")
    expect(await extract("tar", [write("limits.tar.gz", gzipSync(tar))], "models/dragon.stl", 10)).toBe("too_large")
    expect(await extract("tar", [write("absent.tar.gz", gzipSync(tar))], "nothing")).toBe("absent")
    expect(await extract("seven_z", [pack("secret.7z", "-pword")], "abc.txt")).toBe("encrypted")
  })
})

describe("a tar that is listed in the pass that digests it", () => {
  const list = async (path: string) => {
    const job = { volumes: [{ path, pieceBytes: null }], listTar: true }
    return (await digestFiles(job, 1000, neverCancelled, () => {}, noSpareCpu)).tar
  }
  const names = ["abc.txt", "models/[1]*.stl", "models/dragon.stl"]

  it.each(["none", "gzip", "zstd", "bzip2", "xz"])("is listed when its compressor is %s", async (compressor) => {
    const packed =
      compressor === "none"
        ? tar
        : compressor === "gzip"
          ? gzipSync(tar)
          : compressor === "zstd"
            ? Buffer.concat([zstdCompressSync(tar.subarray(0, 3000)), zstdCompressSync(tar.subarray(3000))])
            : sevenZipped(compressor, tar)
    const listed = await list(write(`listed.${compressor}`, packed))
    expect(listed).toMatchObject({ fileCount: 3, damaged: false, truncated: false })
    expect(
      listed?.entries
        .filter((entry) => !entry.directory)
        .map((entry) => entry.path)
        .sort(),
    ).toEqual(names)
  })

  const sampleNames = ["models/dragon.stl", "readme.txt", "wide.txt"]

  it.each([...packedSamples, brotliSample].map((path) => [basename(path), path]))(
    "is listed in %s",
    async (_, path) => {
      const listed = await list(path)
      expect(listed).toMatchObject({ fileCount: 3, damaged: false, truncated: false })
      expect(listed?.entries.map((entry) => entry.path)).toEqual(sampleNames)
    },
  )

  it.each(packedSamples.slice(1).map((path) => [basename(path), path]))(
    "is damaged, and still listed as far as it goes, when %s is cut off",
    async (_, path) => {
      const bytes = readFileSync(path)
      const listed = await list(write("cut", bytes.subarray(0, bytes.length - 150)))
      expect(listed).toMatchObject({ damaged: true })
    },
  )

  it("is listed by the WebAssembly where 7-Zip cannot be started", async () => {
    const packed = [
      ["bzip2", sevenZipped("bzip2", tar)],
      ["xz", sevenZipped("xz", tar)],
      ["zstd", zstdCompressSync(tar)],
      ["lzma", readFileSync(join(streams, "sample.tar.lzma"))],
      ["lzip", readFileSync(join(streams, "sample.tar.lz"))],
    ] as const
    for (const [format, bytes] of packed) {
      const { input, output } = unpackerOf(format, "wasm")
      input.end(bytes)
      const unpacked = await buffer(output)
      expect([format, unpacked.equals(format.startsWith("lz") ? sampleTar : tar)]).toEqual([format, true])
    }
  })

  it("is damaged when its stream breaks off or is overwritten", async () => {
    const packed = gzipSync(Buffer.concat([tar.subarray(0, 60_000), Buffer.alloc(1_000_000, 1)]))
    expect(await list(write("cut.tar.gz", gzipSync(tar).subarray(0, 150)))).toMatchObject({ damaged: true })
    expect(await list(write("broken.tar.gz", packed.fill(7, 200, 210)))).toMatchObject({ damaged: true })
  })

  it("is none when the stream holds something else", async () => {
    expect(await list(write("text.gz", gzipSync("just a text")))).toBeNull()
    expect(await list(write("empty.tar", new Uint8Array(0)))).toBeNull()
  })

  it("is left off when it is a bomb", async () => {
    const header = Buffer.from(tar.subarray(0, 512))
    // A plain file of 8 GiB.
    header.write("bomb\0", 0)
    header.write("77777777777\0", 124)
    header[156] = 0x30
    header.fill(0x20, 148, 156)
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148)
    const zeros = gzipSync(Buffer.alloc(64 * 1024 * 1024))
    const bomb = Buffer.concat([gzipSync(header), ...Array.from({ length: 40 }, () => zeros)])
    expect(await list(write("bomb.tar.gz", bomb))).toMatchObject({ truncated: true, fileCount: 1 })
  })
})
