import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { crc32, deflateRawSync } from "node:zlib"
import { afterAll, describe, expect, it } from "vitest"
import { archiveTypeOf, type Family } from "../archive/volume-name.ts"
import { neverCancelled } from "./cancellation.ts"
import { inspectSet } from "./inspect.ts"
import { defaultCpuLimits } from "./limits.ts"
import { sevenZipPath } from "./seven-zip.ts"

const scratch = mkdtempSync(join(tmpdir(), "bad-input-"))
const workDirectory = join(scratch, "work")
mkdirSync(workDirectory)
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const write = (name: string, content: Uint8Array): string => {
  writeFileSync(join(scratch, name), content)
  return join(scratch, name)
}

const inspect = (family: Family, path: string, limits = defaultCpuLimits) =>
  inspectSet(
    { family, archiveType: archiveTypeOf(family), volumes: [{ path, name: basename(path) }], workDirectory },
    neverCancelled,
    limits,
  )

interface ZipEntry {
  readonly name: Uint8Array
  readonly content?: Uint8Array
  readonly comment?: string
}

/**
 * A ZIP made by hand (APPNOTE 4.3), so that its names may be anything; entries are deflated. `times` repeats the
 * directory, all of whose entries then share one content.
 */
const zipOf = (entries: ReadonlyArray<ZipEntry>, comment = "", times = 1): Buffer => {
  const locals: Array<Buffer> = []
  const headers: Array<Buffer> = []
  let offset = 0
  for (const { comment: note = "", content = Buffer.alloc(0), name } of entries) {
    const packed = deflateRawSync(content)
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0)
    shared.writeUInt16LE(8, 4)
    shared.writeUInt32LE(crc32(content), 10)
    shared.writeUInt32LE(packed.length, 14)
    shared.writeUInt32LE(content.length, 18)
    shared.writeUInt16LE(name.length, 22)
    const header = Buffer.alloc(46)
    header.writeUInt32LE(0x02014b50, 0)
    header.writeUInt16LE(0x0314, 4)
    shared.copy(header, 6)
    header.writeUInt16LE(Buffer.byteLength(note), 32)
    header.writeUInt32LE(offset, 42)
    locals.push(Buffer.concat([Buffer.from("PK\u0003\u0004", "latin1"), shared, name, packed]))
    headers.push(Buffer.concat([header, name, Buffer.from(note)]))
    offset += 30 + name.length + packed.length
  }
  const once = Buffer.concat(headers)
  const directory = Buffer.alloc(once.length * times, once)
  const count = entries.length * times
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(Math.min(count, 0xffff), 8)
  end.writeUInt16LE(Math.min(count, 0xffff), 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  end.writeUInt16LE(Buffer.byteLength(comment), 20)
  if (count < 0xffff) return Buffer.concat([...locals, directory, end, Buffer.from(comment)])
  const end64 = Buffer.alloc(56 + 20)
  end64.writeUInt32LE(0x06064b50, 0)
  end64.writeBigUInt64LE(44n, 4)
  end64.writeUInt16LE(45, 14)
  end64.writeBigUInt64LE(BigInt(count), 24)
  end64.writeBigUInt64LE(BigInt(count), 32)
  end64.writeBigUInt64LE(BigInt(directory.length), 40)
  end64.writeBigUInt64LE(BigInt(offset), 48)
  end64.writeUInt32LE(0x07064b50, 56)
  end64.writeBigUInt64LE(BigInt(offset + directory.length), 64)
  end64.writeUInt32LE(1, 72)
  return Buffer.concat([...locals, directory, end64, end, Buffer.from(comment)])
}

const named = (name: string, more: Omit<ZipEntry, "name"> = {}): ZipEntry => ({ name: Buffer.from(name), ...more })

describe("names that want to do harm", () => {
  it("never hold a control character, and say that they did", async () => {
    const names = ["a\u001b]0;owned\u0007.stl", "b\r\nPath = forged", "c\u0000d", "e\u202egpj.exe", "\u001b[2J"]
    const { entries, state } = await inspect("zip", write("names.zip", zipOf(names.map((name) => named(name)))))
    expect(state).toBe("listed")
    expect(entries).toHaveLength(names.length)
    for (const { fileName, path } of entries) expect(`${path}${fileName}`).not.toMatch(/[\p{Cc}\u202e]/u)
    expect(entries.filter(({ flags }) => flags.includes("control_characters")).length).toBeGreaterThanOrEqual(3)
  })

  it("that point out of the archive are kept as they are, marked, and lead nowhere", async () => {
    const names = ["../../../../tmp/stash-owned", "/etc/passwd", "..\\..\\windows\\x.dll", "C:\\x", "fine/a.stl"]
    const { entries } = await inspect("zip", write("slip.zip", zipOf(names.map((name) => named(name)))))
    expect(entries.map(({ path }) => path)).toEqual(names)
    expect(entries.map(({ flags }) => flags[0] ?? "")).toEqual([
      "parent_path",
      "absolute_path",
      "parent_path",
      "absolute_path",
      "",
    ])
  })

  it("cannot forge entries, and neither can comments", async () => {
    const forged = "\n\nPath = forged.stl\nFolder = -\nSize = 1\n\n----------\nPath = forged\n"
    const archive = zipOf([named("a.stl", { comment: forged }), named("b.stl")], forged)
    const { entries, fileCount } = await inspect("zip", write("comments.zip", archive))
    expect(entries.map(({ path }) => path)).toEqual(["a.stl", "b.stl"])
    expect(fileCount).toBe(2)
  })

  it("of archives within the archive mark the set as nested", async () => {
    const path = write("nested.zip", zipOf([named("a.stl"), named("parts/inner.7z")]))
    expect((await inspect("zip", path)).flags).toEqual(["nested_archive"])
  })
})

describe("archives that want to use everything up", () => {
  it("with a million entries are counted to the last one, and listed as far as allowed", async () => {
    const entry = named("x".repeat(12))
    const path = write("million.zip", zipOf([entry], "", 1_000_000))
    const result = await inspect("zip", path)
    expect(result.entries).toHaveLength(100_000)
    expect(result).toMatchObject({ state: "listed", fileCount: 1_000_000, truncated: true, flags: ["truncated_list"] })
  }, 120_000)

  it("with a small header that unpacks to a large one are counted, too", async () => {
    const folder = join(scratch, "empty-files")
    mkdirSync(folder)
    for (let index = 0; index < 1000; index++) writeFileSync(join(folder, `${index}`.padStart(200, "0")), "")
    execFileSync(sevenZipPath(), ["a", "-bd", "-mx1", join(scratch, "header.7z"), "."], {
      cwd: folder,
      stdio: "ignore",
    })
    const result = await inspect("seven_z", join(scratch, "header.7z"), { ...defaultCpuLimits, maxEntries: 10 })
    expect(result).toMatchObject({ state: "listed", fileCount: 1000, truncated: true })
  })

  it("end in a result when the memory that is allowed does not do", async () => {
    const entry = named("y".repeat(60))
    const path = write("memory.zip", zipOf([entry], "", 300_000))
    const result = await inspect("zip", path, { ...defaultCpuLimits, listingMemoryBytes: 64 * 1024 ** 2 })
    expect(result.state).toBe("damaged")
    expect(result.detail).not.toBe("")
  })

  it("of which one unpacks to a thousand times its size are listed without unpacking", async () => {
    const path = write("bomb.zip", zipOf([named("zeros", { content: Buffer.alloc(64 * 1024 ** 2) })]))
    expect(await inspect("zip", path)).toMatchObject({
      state: "listed",
      entries: [{ uncompressedBytes: 64 * 1024 ** 2 }],
    })
  })

  it("leave nothing behind in the work directory", () => {
    expect(readdirSync(workDirectory)).toEqual([])
  })
})
