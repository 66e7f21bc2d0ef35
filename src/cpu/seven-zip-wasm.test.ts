import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { groupArchiveSets } from "../archive/archive-set.ts"
import type { Family } from "../archive/volume-name.ts"
import { Cancelled, cancel, makeFlag, neverCancelled, runCancellable } from "./cancellation.ts"
import { extractEntry } from "./extract.ts"
import { inspectSet } from "./inspect.ts"
import { type CpuLimits, defaultCpuLimits } from "./limits.ts"
import { runSevenZip, type SevenZipRun } from "./seven-zip.ts"

const corpus = new URL("../../test/corpus/", import.meta.url).pathname
const scratch = mkdtempSync(join(tmpdir(), "wasm-"))
const workDirectory = join(scratch, "work")
mkdirSync(workDirectory)
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const inWasm: CpuLimits = { ...defaultCpuLimits, engine: "wasm" }

const manifest: { readonly files: ReadonlyArray<{ readonly file: string }> } = JSON.parse(
  readFileSync(join(corpus, "MANIFEST.json"), "utf8"),
)

/** The corpus, grouped as if each of its folders were a chat. */
const sets = [...new Set(manifest.files.map(({ file }) => dirname(file)))].flatMap((folder) =>
  groupArchiveSets(
    manifest.files
      .filter(({ file }) => dirname(file) === folder)
      .map(({ file }, index) => ({
        messageId: index + 1,
        date: 1,
        fileName: basename(file),
        bytes: statSync(join(corpus, file)).size,
        senderId: null,
        topicId: null,
        albumId: null,
        caption: "",
        path: join(corpus, file),
      })),
  ),
)

const inspect = (family: Family, paths: ReadonlyArray<string>, limits: CpuLimits) =>
  inspectSet(
    {
      family,
      archiveType: "DOCUMENT",
      volumes: paths.map((path) => ({ path, name: basename(path) })),
      workDirectory,
    },
    neverCancelled,
    limits,
  )

/** Damaged archives of which the newer version still reads something. */
const isBetterInTheProgram = new Set(["bla-stored-dd-nosig.zip"])

describe("7-Zip's WebAssembly", () => {
  it.each(sets.map((set) => [set.name, set] as const))("finds in %s what the program finds", async (_, set) => {
    const paths = set.volumes.map(({ path }) => path)
    const [byProgram, byWasm] = await Promise.all([
      inspect(set.family, paths, { ...defaultCpuLimits, engine: "program" }),
      inspect(set.family, paths, inWasm),
    ])
    if (isBetterInTheProgram.has(set.name)) expect(byWasm.state).toBe(byProgram.state)
    else expect(byWasm).toEqual(byProgram)
  })

  it("takes an entry out of volumes as the program does", async () => {
    const volumes = readdirSync(corpus)
      .filter((name) => /multiarchive\.part\d\d\.rar$/.test(name))
      .sort()
      .map((name) => ({ path: join(corpus, name), name }))
    const job = {
      family: "rar_parts" as const,
      volumes,
      entryPath: "home/antek/temp/build/unrar5/libarchive/bin/bsdtar_test",
      workDirectory,
      maxBytes: 1_000_000,
    }
    const [byProgram, byWasm] = await Promise.all(
      [defaultCpuLimits, inWasm].map((limits) => extractEntry(job, neverCancelled, limits)),
    )
    expect(byWasm?.ok).toBe(true)
    expect(byWasm).toEqual(byProgram)
  })

  it("leaves nothing behind in the work directory", () => {
    expect(readdirSync(workDirectory)).toEqual([])
  })
})

const linkDirectory = join(scratch, "one")
mkdirSync(linkDirectory)
writeFileSync(join(linkDirectory, "set.zip"), readFileSync(join(corpus, "cc/ordertest.zip")))

/** 7-Zip's own benchmark, which runs for long. */
const benchmark: SevenZipRun = {
  arguments: ["b", "99", "-mmt1", "-md18"],
  directory: linkDirectory,
  wallMilliseconds: 60_000,
  memoryBytes: 512 * 1024 ** 2,
  maxOutputBytes: 1_000_000,
  engine: "wasm",
  cancellation: neverCancelled,
  onOutput: () => {},
}
const listing = { ...benchmark, arguments: ["l", "-slt", "-ba", "--", "set.zip"] }

describe("7-Zip's WebAssembly, like its program,", () => {
  it("is stopped by the clock", async () => {
    expect(await runSevenZip({ ...benchmark, wallMilliseconds: 300 })).toMatchObject({ code: null, stoppedBy: "time" })
  })

  it("is stopped when it prints too much", async () => {
    let seen = 0
    const exit = await runSevenZip({ ...listing, maxOutputBytes: 100, onOutput: (chunk) => (seen += chunk.length) })
    expect(exit.stoppedBy).toBe("output")
    expect(seen).toBeLessThanOrEqual(100)
  })

  it("is gone once the job is cancelled", async () => {
    const flag = makeFlag()
    const run = runCancellable(flag, (cancellation) => {
      setTimeout(() => cancel(flag), 300)
      return runSevenZip({ ...benchmark, cancellation })
    })
    await expect(run).rejects.toBeInstanceOf(Cancelled)
  })

  it("gets no more memory than it may have", async () => {
    // The benchmark with a dictionary of 64 MiB wants some 700 MiB.
    const exit = await runSevenZip({
      ...benchmark,
      arguments: ["b", "1", "-mmt1", "-md26"],
      memoryBytes: 64 * 1024 ** 2,
    })
    expect(exit.code).not.toBe(0)
    expect(exit.stoppedBy).not.toBe("time")
  })

  it("passes on what its reader throws", async () => {
    const onOutput = () => {
      throw new Error("the reader failed")
    }
    await expect(runSevenZip({ ...listing, onOutput })).rejects.toThrow("the reader failed")
  })

  it("sees the files of its directory alone", async () => {
    const exit = await runSevenZip({
      ...listing,
      arguments: ["l", "-slt", "-ba", "--", join(corpus, "cc/ordertest.zip")],
    })
    expect(exit.code).toBe(2)
  })
})
