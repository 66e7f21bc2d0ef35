import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { brotliCompressSync, zstdCompressSync } from "node:zlib"
import { afterAll, describe, expect, it } from "vitest"
import { groupArchiveSets, type SourceFile } from "../archive/archive-set.ts"
import { safeText } from "../archive/listing.ts"
import { archiveTypeOf, type Family } from "../archive/volume-name.ts"
import { neverCancelled } from "./cancellation.ts"
import { inspectSet } from "./inspect.ts"
import type { InspectResult } from "./jobs.ts"
import { defaultCpuLimits } from "./limits.ts"
import { extractPreview } from "./preview.ts"
import { sevenZipPath } from "./seven-zip.ts"

const corpus = new URL("../../test/corpus/", import.meta.url).pathname
const scratch = mkdtempSync(join(tmpdir(), "inspect-"))
const workDirectory = join(scratch, "work")
mkdirSync(workDirectory)
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const inspect = (family: Family, paths: ReadonlyArray<string>, maxEntries = 1000): Promise<InspectResult> =>
  inspectSet(
    {
      family,
      archiveType: archiveTypeOf(family),
      volumes: paths.map((path) => ({ path, name: basename(path) })),
      workDirectory,
    },
    neverCancelled,
    { ...defaultCpuLimits, maxEntries },
  )

interface ManifestFile {
  readonly file: string
  readonly size: number
  readonly sevenzip_rc?: number | null
  readonly agree_count?: boolean | null
  readonly entries?: ReadonlyArray<{
    readonly path: string
    readonly size: number
    readonly crc: string | null
    readonly encrypted: boolean
    readonly dir: boolean
  }>
}

const manifest: { readonly files: ReadonlyArray<ManifestFile> } = JSON.parse(
  readFileSync(join(corpus, "MANIFEST.json"), "utf8"),
)

type Sample = SourceFile & { readonly record: ManifestFile }

/** The corpus, grouped as if each of its folders were a chat. */
const corpusSets = [...new Set(manifest.files.map(({ file }) => dirname(file)))].flatMap((folder) =>
  groupArchiveSets(
    manifest.files
      .filter(({ file }) => dirname(file) === folder)
      .map(
        (record, index): Sample => ({
          messageId: index + 1,
          date: 1,
          fileName: basename(record.file),
          bytes: record.size,
          senderId: null,
          topicId: null,
          albumId: null,
          caption: "",
          record,
        }),
      ),
  ),
)

const headOf = (set: (typeof corpusSets)[number]): ManifestFile | undefined =>
  set.volumes.find(({ record }) => record.entries !== undefined)?.record

const isHard = (head: ManifestFile | undefined): boolean => head?.agree_count === true && head.sevenzip_rc === 0

/** The recorder of the manifest ended a line at a carriage return too, which one archive has in a name. */
const asRecorded = (path: string): string => path.split("\u240d", 1)[0] ?? ""

/** The recorder did not guess code pages. */
const notUtf8 = "(a name that is not UTF-8)"

describe("the sample archives", () => {
  const hard = corpusSets.filter((set) => isHard(headOf(set)))
  const others = corpusSets.filter((set) => !isHard(headOf(set)))

  it("hold at least 80 sets on which two readers agree", () => {
    expect(hard.length).toBeGreaterThanOrEqual(80)
  })

  it.each(hard.map((set) => [set.name, set] as const))("%s is listed entry by entry", async (_, set) => {
    const paths = set.volumes.map(({ record }) => join(corpus, record.file))
    const result = await inspect(set.family, paths)
    expect(result.state).toBe("listed")
    const expected = headOf(set)?.entries ?? []
    const rowOf = (path: string, entry: { size: number; crc: string | null; encrypted: boolean; dir: boolean }) =>
      entry.dir ? [path, "directory"] : [path, entry.size, entry.crc, entry.encrypted]
    expect(
      result.entries.map((entry) =>
        rowOf(entry.flags.includes("guessed_name") ? notUtf8 : asRecorded(entry.path), {
          size: entry.uncompressedBytes,
          crc: entry.crc32,
          encrypted: entry.encrypted,
          dir: entry.directory,
        }),
      ),
    ).toEqual(expected.map((entry) => rowOf(entry.path.includes("\ufffd") ? notUtf8 : safeText(entry.path), entry)))
    expect(result.fileCount).toBe(expected.filter((entry) => !entry.dir).length)
  })

  it.each(others.map((set) => [set.name, set] as const))("%s ends in a state", async (_, set) => {
    const paths = set.volumes.map(({ record }) => join(corpus, record.file))
    const result = await inspect(set.family, paths)
    expect(result.detail === "").toBe(result.state === "listed")
  })

  it.each([
    ["test_read_format_zip_filename_cp866.zip", ["ПРИВЕТ", "привет"]],
    ["test_read_format_zip_filename_cp932.zip", ["表だよ/一覧表.txt", "表だよ/漢字.txt"]],
    ["test_read_format_zip_filename_utf8_ru2.zip", ["ПРИВЕТ", "привет"]],
  ])("%s has names that say no code page, and that are marked as guessed", async (file, names) => {
    const { entries } = await inspect("zip", [join(corpus, file)])
    expect(entries.map((entry) => entry.path)).toEqual(names)
    expect(entries.some((entry) => entry.flags.includes("guessed_name"))).toBe(true)
  })

  it("leave nothing behind in the work directory", () => {
    expect(readdirSync(workDirectory)).toEqual([])
  })
})

const write = (name: string, content: string | Uint8Array): string => {
  const path = join(scratch, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  return path
}

/** Packs with 7-Zip itself; `files` maps names inside the archive to contents. */
const pack = (
  name: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  ...options: ReadonlyArray<string>
) => {
  const folder = mkdtempSync(join(scratch, "pack-"))
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(file)), { recursive: true })
    writeFileSync(join(folder, file), content)
  }
  const path = join(scratch, name)
  execFileSync(sevenZipPath(), ["a", "-bd", "-spd", ...options, path, "."], { cwd: folder, stdio: "ignore" })
  return path
}

const png = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(5000, 7)])

describe("inspecting", () => {
  it("takes a document as its own only entry", async () => {
    const path = write("Dragon.stl", "solid dragon")
    expect(await inspect("document", [path])).toMatchObject({
      state: "not_an_archive",
      fileCount: 1,
      entries: [{ path: "Dragon.stl", extension: "stl", uncompressedBytes: 12 }],
    })
  })

  it("reads volumes whose names on disk say nothing", async () => {
    const whole = readFileSync(pack("plain.7z", { "a.txt": "a", "b.txt": "b" }))
    const half = Math.ceil(whole.length / 2)
    const paths = [write("-one\n", whole.subarray(0, half)), write("two words", whole.subarray(half))]
    expect((await inspect("seven_z_split", paths)).entries.map((entry) => entry.path)).toEqual(["a.txt", "b.txt"])
    expect((await inspect("plain_split", paths)).entries.map((entry) => entry.path)).toEqual(["a.txt", "b.txt"])
  })

  it.each(["gz", "xz", "bz2", "zst"])("names the one entry of a .%s as its file", async (extension) => {
    const content = Buffer.from("solid dragon")
    const type = { gz: "gzip", xz: "xz", bz2: "bzip2", zst: "zstd" }[extension] ?? ""
    const packed =
      type === "zstd"
        ? zstdCompressSync(content)
        : execFileSync(sevenZipPath(), ["a", "-si", "-so", `-t${type}`, "x"], { input: content })
    const result = await inspect("tar", [write(`Dragon v1.stl.${extension}`, packed)])
    expect(result).toMatchObject({
      state: "listed",
      fileCount: 1,
      entries: [{ path: "Dragon v1.stl", extension: "stl" }],
    })
  })

  it.each(["sample.tar.lz4", "sample.tar.lz", "sample.tar.br"])(
    "does not call %s damaged, which 7-Zip does not know",
    async (name) => {
      const streams = new URL("../../test/streams/", import.meta.url).pathname
      const path = name.endsWith("br")
        ? write(name, brotliCompressSync(readFileSync(join(streams, "sample.tar"))))
        : join(streams, name)
      expect(await inspect("tar", [path])).toMatchObject({ state: "listed", entries: [{ path: "sample.tar" }] })
      const halves = [
        write(`${name}.001`, readFileSync(path).subarray(0, 200)),
        write(`${name}.002`, readFileSync(path).subarray(200)),
      ]
      expect(await inspect("tar_split", halves)).toMatchObject({ state: "listed", entries: [{ path: "sample.tar" }] })
    },
  )

  it("marks a set whose end its format does not prove", async () => {
    const flagsOf = async (family: Family, file: string) => (await inspect(family, [join(corpus, file)])).flags
    expect(await flagsOf("tar", "test_compat_gzip_1.tgz")).toContain("complete_by_name")
    expect(await flagsOf("rar", "test_read_format_rar_encryption_header.rar")).toEqual([
      "encrypted_headers",
      "complete_by_name",
    ])
    expect(await flagsOf("rar", "test_read_format_rar_windows.rar")).toEqual([])
  })

  it("says that a set lacks bytes without listing it", async () => {
    const whole = readFileSync(pack("cut.zip", { "a.txt": "a" }))
    const path = write("cut-short.zip", whole.subarray(0, whole.length - 5))
    expect(await inspect("zip", [path])).toMatchObject({ state: "incomplete", entries: [] })
  })

  it("lists a RAR that is called ZIP, and says so", async () => {
    const result = await inspect("zip", [join(corpus, "test_read_format_rar5_win32.rar")])
    expect(result.state).toBe("renamed")
    expect(result.fileCount).toBe(7)
  })

  it("says that names or contents need a password, without waiting for one", async () => {
    const data = pack("data.7z", { "a.txt": "secret" }, "-pword")
    expect(await inspect("seven_z", [data])).toMatchObject({ state: "listed", encrypted: true })
    const names = pack("names.7z", { "a.txt": "secret" }, "-pword", "-mhe=on")
    expect(await inspect("seven_z", [names])).toMatchObject({
      state: "headers_encrypted",
      encrypted: true,
      entries: [],
    })
  })

  it("keeps as many entries as it may, and counts the rest", async () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`${index}.txt`, ""]))
    const result = await inspect("zip", [pack("many.zip", many)], 10)
    expect(result.entries).toHaveLength(10)
    expect(result).toMatchObject({ state: "listed", fileCount: 50, truncated: true })
  })

  it("is not slowed by a bomb, which listing never unpacks", async () => {
    const bomb = pack("bomb.zip", { zeros: new Uint8Array(16 * 1024 * 1024) })
    expect(await inspect("zip", [bomb])).toMatchObject({
      state: "listed",
      entries: [{ uncompressedBytes: 16 * 1024 * 1024 }],
    })
  })

  it("fails when a volume is not there", async () => {
    await expect(inspect("zip", [join(scratch, "absent.zip")])).rejects.toThrow("ENOENT")
  })
})

describe("taking a preview out of an archive", () => {
  const preview = (path: string, entryPath: string, maxBytes = 1_000_000) => {
    const target = join(scratch, "previews", "target")
    mkdirSync(dirname(target), { recursive: true })
    rmSync(target, { force: true })
    const job = { family: "zip" as const, volumes: [{ path, name: "x.zip" }], entryPath, target, maxBytes }
    return extractPreview(job, neverCancelled, defaultCpuLimits)
  }
  const left = () => readdirSync(join(scratch, "previews"))

  it.each(["preview.png", "-preview.png", "@list.png", "[1]*.png", "deep/er/1.png", "ü.png"])(
    "writes %s to the target",
    async (entryPath) => {
      const archive = pack(`preview-${Buffer.from(entryPath).toString("hex")}.zip`, { [entryPath]: png, "z.png": "no" })
      expect(await preview(archive, entryPath)).toEqual({ bytes: png.length })
      expect(readFileSync(join(scratch, "previews", "target"))).toEqual(png)
      expect(left()).toEqual(["target"])
    },
  )

  it("gives nothing for an image above the limit, for what is no image, and for what is not there", async () => {
    const archive = pack("no-preview.zip", { "big.png": png, "text.png": "text", "*.png.txt": png })
    expect(await preview(archive, "big.png", png.length - 1)).toBeNull()
    expect(await preview(archive, "text.png")).toBeNull()
    expect(await preview(archive, "absent.png")).toBeNull()
    expect(await preview(archive, "../../big.png")).toBeNull()
    expect(left()).toEqual([])
  })
})
