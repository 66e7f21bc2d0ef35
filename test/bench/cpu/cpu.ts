/** `npm run bench -- --only cpu`: what the CPU pool reaches, against the tool that sets the limit, in the same run. */
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { Effect } from "effect"
import { archiveTypeOf, type Family } from "../../../src/archive/volume-name.ts"
import { usableCpus } from "../../../src/cpu/cpu-limit.ts"
import { type CpuJobs, makeCpuPool, niceIncrement } from "../../../src/cpu/pool.ts"
import { sevenZipPath } from "../../../src/cpu/seven-zip.ts"
import { atMost, type BenchOptions, type BenchResult, compare, MEBIBYTE, median, seconds } from "../measure.ts"
import { growing } from "./growing.ts"
import { rarVolumes } from "./rar-writer.ts"
import { zipArchive } from "./zip-writer.ts"

const runs = 5
/** On a busy machine priority decides, so the tools that set a limit run at the pool's. */
const nicely = (command: string, args: ReadonlyArray<string>): ReadonlyArray<string> => [
  "-n",
  String(niceIncrement),
  command,
  ...args,
]

/** Runs a program to its end; rejects when it fails. */
const program = async (command: string, ...args: ReadonlyArray<string>): Promise<void> => {
  const [code] = await once(spawn("nice", nicely(command, args), { stdio: "ignore" }), "exit")
  if (code !== 0) throw new Error(`${command} ended with ${code}`)
}

/**
 * Bytes per second of `openssl speed` on `processes` cores, in blocks of 1 MiB. By the wall clock, as everything here is:
 * by default it counts its own CPU time alone, and neighbours that take the machine away slow only the other side.
 */
const openssl = (processes: number): number => {
  const multi = processes > 1 ? ["-multi", String(processes)] : []
  const args = ["speed", "-evp", "sha256", "-bytes", String(MEBIBYTE), "-seconds", "1", "-elapsed", "-mr", ...multi]
  const text = execFileSync("nice", nicely("openssl", args), { stdio: ["ignore", "pipe", "ignore"] }).toString()
  const found = /^\+F:\d+:[^:]*:([\d.]+)/m.exec(text)
  if (found?.[1] === undefined) throw new Error("openssl speed printed no figure")
  return Number(found[1])
}

const random = (path: string, bytes: number): string => {
  execFileSync("sh", ["-c", `head -c ${bytes} /dev/urandom > "$1"`, "sh", path])
  return path
}

const digestJob = (path: string) => ({ volumes: [{ path, pieceBytes: null }], listTar: false })

const hashing = async (jobs: CpuJobs, path: string, threads: number): Promise<ReadonlyArray<BenchResult>> => {
  const { size } = statSync(path)
  const digests = (count: number) =>
    Effect.runPromise(
      Effect.all(
        Array.from({ length: count }, () => jobs.digest(digestJob(path))),
        { concurrency: "unbounded" },
      ),
    )
  const speedOf = async (count: number) => (size * count) / (await seconds(() => digests(count)))
  return [
    await compare({
      runs,
      name: "SHA-256, one task",
      limitName: "openssl speed, one process",
      bar: 0.95,
      command: "openssl speed -evp sha256 -bytes 1048576 -seconds 1 -elapsed",
      value: () => speedOf(1),
      limit: () => openssl(1),
    }),
    await compare({
      runs,
      name: "SHA-256, all threads busy (sum)",
      limitName: `openssl speed -multi ${threads}`,
      bar: 0.85,
      command: `openssl speed -evp sha256 -bytes 1048576 -seconds 1 -elapsed -multi ${threads}`,
      // Twice as many tasks as threads, so that the last one does not end alone.
      value: () => speedOf(2 * threads),
      limit: () => openssl(threads),
    }),
    await compare({
      runs,
      name: "SHA-256, all threads busy (sum), as others read the file",
      limitName: `openssl dgst, ${threads} at once`,
      bar: 1,
      command: `openssl dgst -sha256 FILE, ${threads} at once`,
      value: () => speedOf(2 * threads),
      limit: async () => (size * threads) / (await seconds(() => digestsByOpenssl(path, threads))),
    }),
  ]
}

/** The same file, digested by so many processes at once: they too must fetch it from the page cache. */
const digestsByOpenssl = (path: string, processes: number): Promise<unknown> =>
  Promise.all(Array.from({ length: processes }, () => program("openssl", "dgst", "-sha256", path)))

const splitting = async (jobs: CpuJobs, path: string, folder: string): Promise<ReadonlyArray<BenchResult>> => {
  const { size } = statSync(path)
  const piece = size / 4
  const sha256 = (await Effect.runPromise(jobs.digest({ volumes: [{ path, pieceBytes: piece }], listTar: false })))
    .volumes[0]?.pieces
  const cut = async (proven: boolean) => {
    for (let index = 0; index < 4; index++) {
      const target = join(folder, `piece.${index}`)
      const expectedSha256 = proven ? (sha256?.[index] ?? null) : null
      await Effect.runPromise(jobs.cut({ source: path, offset: index * piece, bytes: piece, target, expectedSha256 }))
    }
  }
  const split = () => program("split", "-b", String(piece), path, join(folder, "split."))
  const clean = () => {
    for (const name of readdirSync(folder)) if (/^(?:piece|split)\./.test(name)) rmSync(join(folder, name))
  }
  const speedOf = async (work: () => Promise<unknown>) => {
    clean()
    return size / (await seconds(work))
  }
  const results = [
    await compare({
      runs,
      name: "Split into 4 pieces on tmpfs",
      limitName: "split -b on tmpfs",
      bar: 0.95,
      command: `split -b ${piece} FILE`,
      value: () => speedOf(() => cut(false)),
      limit: () => speedOf(split),
    }),
    await compare({
      runs,
      name: "Split and SHA-256 of every piece in one pass",
      // Digesting alone writes nothing; the two passes side by side do the same work on as many cores.
      limitName: "SHA-256 alone and split -b at the same time",
      bar: 0.95,
      command: `split -b ${piece} FILE & digest FILE; wait`,
      value: () => speedOf(() => cut(true)),
      limit: () => speedOf(() => Promise.all([split(), Effect.runPromise(jobs.digest(digestJob(path)))])),
    }),
  ]
  clean()
  return results
}

const entries = 10_000

interface Sample {
  readonly name: string
  readonly family: Family
  readonly paths: ReadonlyArray<string>
}

/** Cuts a file into byte-split volumes, holes and all. */
const byteSplit = (path: string, count: number): ReadonlyArray<string> => {
  const bytes = Math.ceil(statSync(path).size / count)
  return Array.from({ length: count }, (_, index) => {
    const target = `${path}.${String(index + 1).padStart(3, "0")}`
    execFileSync("dd", [`if=${path}`, `of=${target}`, `bs=${bytes}`, `skip=${index}`, "count=1", "conv=sparse"], {
      stdio: "ignore",
    })
    // A hole at the very end is left out by dd.
    truncateSync(target, Math.min(bytes, statSync(path).size - index * bytes))
    return target
  })
}

/** Archives of 10,000 stored files whose contents are holes: as large as real ones for whoever reads them. */
const samples = (folder: string, entryBytes: number): ReadonlyArray<Sample> => {
  const zip = zipArchive(join(folder, "sample.zip"), entries, entryBytes)
  const source = join(folder, "source")
  mkdirSync(source)
  for (let index = 0; index < entries; index++) {
    const path = join(source, `model ${String(index).padStart(5, "0")}.stl`)
    closeSync(openSync(path, "w"))
    truncateSync(path, entryBytes)
  }
  const sevenZip = join(folder, "sample.7z")
  execFileSync(sevenZipPath(), ["a", "-bd", "-mx0", sevenZip, "."], { cwd: source, stdio: "ignore" })
  rmSync(source, { recursive: true })
  return [
    { name: "zip", family: "zip", paths: [zip] },
    { name: "zip in 4 volumes", family: "zip_split", paths: byteSplit(zip, 4) },
    { name: "7z", family: "seven_z", paths: [sevenZip] },
    { name: "7z in 4 volumes", family: "seven_z_split", paths: byteSplit(sevenZip, 4) },
    { name: "RAR5", family: "rar", paths: rarVolumes(join(folder, "one"), entries, entryBytes, 1) },
    { name: "RAR5 in 4 volumes", family: "rar_parts", paths: rarVolumes(join(folder, "four"), entries, entryBytes, 4) },
  ]
}

/** Bytes that this process and its ended children have read so far, pipes among them (Linux, proc_pid_io: rchar). */
const bytesRead = (): number =>
  Number(/^rchar: (\d+)$/m.exec(readFileSync("/proc/self/io", "latin1"))?.[1] ?? Number.NaN)

const listing = async (jobs: CpuJobs, folder: string, sample: Sample): Promise<ReadonlyArray<BenchResult>> => {
  const job = {
    family: sample.family,
    archiveType: archiveTypeOf(sample.family),
    volumes: sample.paths.map((path) => ({ path, name: basename(path) })),
    workDirectory: folder,
  }
  const once = () => Effect.runPromise(jobs.inspect(job))
  const { fileCount, state } = await once()
  if (state !== "listed" || fileCount !== entries)
    throw new Error(`${sample.name}: ${state}, ${fileCount} files instead of ${entries}`)
  const total = sample.paths.reduce((sum, path) => sum + statSync(path).size, 0)
  const times: Array<number> = []
  const alone: Array<number> = []
  const shares: Array<number> = []
  const [first = ""] = sample.paths
  for (let run = 0; run < 2 * runs; run++) {
    const before = bytesRead()
    times.push(1000 * (await seconds(once)))
    shares.push((100 * (bytesRead() - before)) / total)
    alone.push(1000 * (await seconds(() => program(sevenZipPath(), "l", "-slt", "-ba", "-p", "--", first))))
  }
  const command = "7zz l -slt -ba, with own checks before it, from a pool thread"
  const limitName = `150 ms, process start included; 7zz alone in the same run: ${Math.round(median(alone))} ms`
  return [
    atMost(`Listing 10,000 entries: ${sample.name}`, "ms", times, limitName, 150, command),
    atMost(`Bytes read for it: ${sample.name}`, "%", shares, "1 % of the set", 1, "rchar of /proc/self/io"),
  ]
}

/** Measures on tmpfs (where there is one) and in the folder for temporary files; leaves nothing there. */
export const benchCpu = async ({ quick }: BenchOptions): Promise<ReadonlyArray<BenchResult>> => {
  const memory = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "bench-cpu-"))
  const disk = mkdtempSync(join(tmpdir(), "bench-cpu-"))
  const threads = usableCpus()
  try {
    return await Effect.runPromise(
      Effect.gen(function* () {
        const pool = yield* makeCpuPool({ threads })
        const results: Array<BenchResult> = []
        const path = random(join(memory, "random"), (quick ? 256 : 1024) * MEBIBYTE)
        results.push(...(yield* Effect.promise(() => hashing(pool, path, threads))))
        results.push(...(yield* Effect.promise(() => splitting(pool, path, memory))))
        rmSync(path)
        const download = random(join(memory, "download"), 256 * MEBIBYTE)
        results.push(...(yield* Effect.promise(() => growing(pool, download, memory, runs))))
        rmSync(download)
        for (const sample of samples(disk, 105_000))
          results.push(...(yield* Effect.promise(() => listing(pool, disk, sample))))
        return results
      }).pipe(Effect.scoped),
    )
  } finally {
    rmSync(memory, { recursive: true, force: true })
    rmSync(disk, { recursive: true, force: true })
  }
}
