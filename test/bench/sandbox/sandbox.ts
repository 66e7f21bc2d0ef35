/** `npm run bench -- --only sandbox`: what the real TDLib gets through the sandbox, against TDLib's own pacing. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import type { Endpoint, World } from "../../../src/sandbox/sandbox.ts"
import { SandboxProcess } from "../../../src/sandbox/testing/sandbox-process.ts"
import { TdlibProcess } from "../../../src/sandbox/testing/tdlib-process.ts"
import { BenchClient } from "../bench-client.ts"
import { atMost, type BenchOptions, type BenchResult, MEBIBYTE, MEGABYTE, seconds, speedResult } from "../measure.ts"
import { replayUpload } from "./replay.ts"

/**
 * TDLib asks for at most one part of a file in 3 ms (its DelayDispatcher), and its scheduler waits in whole milliseconds
 * that it rounds up (Scheduler::run_poll), half a millisecond more on average.
 */
const PACE_MILLISECONDS = 3.5
const ACCOUNTS = 20
/** All of it is in memory, encrypted, before it is sent. */
const REPLAYED_MEBIBYTES = 128
/** How long one transfer may take: milliseconds. */
const PATIENCE = 600_000

/** The bytes per second at which TDLib asks for a file: the larger the file, the larger its parts. */
const pacingOf = (bytes: number): number => {
  const mebibytes = bytes / MEBIBYTE
  const partKibibytes = mebibytes <= 250 ? 64 : mebibytes <= 500 ? 128 : mebibytes <= 1000 ? 256 : 512
  return (partKibibytes * 1024 * 1000) / PACE_MILLISECONDS
}

const phoneOf = (account: number): string => String(15_550_000_001 + account)

interface Source {
  readonly name: string
  readonly mebibytes: number
}

const worldOf = (sources: ReadonlyArray<Source>): World => {
  const phones = Array.from({ length: ACCOUNTS }, (_, account) => phoneOf(account))
  return {
    accounts: phones.map((phone, account) => ({ phone, firstName: `Account ${account + 1}`, premium: true })),
    channels: [
      {
        name: "source",
        kind: "channel",
        members: phones,
        messages: sources.map(({ name, mebibytes }) => ({
          generate: { bytes: mebibytes * MEBIBYTE, seed: name },
          name,
        })),
      },
      { name: "library", kind: "channel", admins: phones },
    ],
  }
}

/** The most memory that a process has ever held (Linux, proc_pid_status: VmHWM): megabytes. */
const peakMemory = (processId: number): number =>
  (Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${processId}/status`, "latin1"))?.[1] ?? Number.NaN) * 1024) /
  MEGABYTE

/** Clock ticks in a second, as Linux gives times to programs. */
const TICKS = 100

/** CPU time that processes have taken so far (Linux, proc_pid_stat: utime and stime): seconds. */
const cpuSeconds = (processIds: ReadonlyArray<number>): number => {
  const ticksOf = (processId: number): number => {
    const fields = readFileSync(`/proc/${processId}/stat`, "latin1").split(") ")[1]?.split(" ") ?? []
    return Number(fields[11]) + Number(fields[12])
  }
  return processIds.reduce((sum, processId) => sum + ticksOf(processId), 0) / TICKS
}

/** What a work reached, and what it would have if every core had been busy with these processes: bytes per second. */
const againstTheMachine = async (
  processIds: ReadonlyArray<number>,
  bytes: number,
  work: () => Promise<number>,
): Promise<readonly [value: number, limit: number]> => {
  const before = cpuSeconds(processIds)
  const speed = await work()
  return [speed, (bytes * availableParallelism()) / (cpuSeconds(processIds) - before)]
}

/** A speed that only a quicker machine, or less work for it in TDLib and sandbox, could raise when its ratio is near 1. */
const machineResult = (name: string, pairs: ReadonlyArray<readonly [value: number, limit: number]>): BenchResult =>
  speedResult({
    name: `${name}, against the machine`,
    limitName: "all cores busy with it, in TDLib and sandbox",
    bar: 0.8,
    command: "utime and stime of /proc/PID/stat",
    pairs,
  })

const repeat = async (runs: number, work: () => Promise<number>): Promise<ReadonlyArray<number>> => {
  const values: Array<number> = []
  for (let run = 0; run < runs; run++) values.push(await work())
  return values
}

const together = async (
  clients: ReadonlyArray<BenchClient>,
  work: (client: BenchClient) => Promise<number>,
  mebibytes: number,
) => {
  const took = await seconds(() => Promise.all(clients.map(work)))
  return (clients.length * mebibytes * MEBIBYTE) / took
}

const report = (result: BenchResult): BenchResult => {
  process.stderr.write(`  ${result.name}: ${result.value} ${result.unit}\n`)
  return result
}

/** Runs sandbox and TDLibs in processes of their own, in a temporary folder that is removed. */
export const benchSandbox = async ({ quick }: BenchOptions): Promise<ReadonlyArray<BenchResult>> => {
  const runs = quick ? 3 : 5
  const paced = quick ? [60, 300] : [200, 400, 900]
  const small = quick ? 10 : 25
  const big = { name: "big.bin", mebibytes: quick ? 512 : 1024 }
  const through = quick ? 1 : 5
  const sources = [
    ...paced.map((mebibytes) => ({ name: `${mebibytes}.bin`, mebibytes })),
    { name: "small.bin", mebibytes: small },
    big,
  ]
  const folder = mkdtempSync(join(tmpdir(), "bench-sandbox-"))
  const results: Array<BenchResult> = []
  const opened: Array<AsyncDisposable> = []
  try {
    const worldFile = join(folder, "world.json")
    writeFileSync(worldFile, JSON.stringify(worldOf(sources)))
    const sandbox = await SandboxProcess.start("--world", worldFile, "--keep-uploads", "digest")
    opened.push(sandbox)
    const open = async (account: number): Promise<BenchClient> => {
      const tdlib = new TdlibProcess({
        library: sandbox.ready.library,
        port: sandbox.ready.telegramPort,
        directory: join(folder, String(account)),
        patience: PATIENCE,
      })
      opened.push(tdlib)
      const client = new BenchClient(tdlib, join(folder, String(account)))
      await client.logIn(phoneOf(account))
      return client
    }
    const first = await open(0)

    for (const mebibytes of paced) {
      const limit = pacingOf(mebibytes * MEBIBYTE)
      const speeds = await repeat(runs, () => first.download(`${mebibytes}.bin`))
      results.push(
        report(
          speedResult({
            name: `Download of ${mebibytes} MiB`,
            limitName: "TDLib's pacing, a part in 3.5 ms",
            bar: 0.9,
            command: `downloadFile of ${mebibytes} MiB`,
            pairs: speeds.map((speed) => [speed, limit] as const),
          }),
        ),
      )
    }
    const uploadMebibytes = quick ? 200 : 500
    const uploadOne = () => first.upload(first.prepare(uploadMebibytes))
    await uploadOne()
    const uploads: Array<number> = []
    const saturated: Array<readonly [number, number]> = []
    for (let run = 0; run < runs; run++) {
      const path = first.prepare(uploadMebibytes)
      const processes = [sandbox.processId, first.tdlib.processId]
      const pair = await againstTheMachine(processes, uploadMebibytes * MEBIBYTE, () => first.upload(path))
      uploads.push(pair[0])
      saturated.push(pair)
    }
    const endpoint = (await (await fetch(`${sandbox.ready.url}/endpoint`)).json()) as Endpoint
    const replayed = await repeat(runs, () => replayUpload(endpoint, phoneOf(0), REPLAYED_MEBIBYTES * MEBIBYTE))
    results.push(
      report(
        speedResult({
          name: `Upload of ${uploadMebibytes} MiB by one account`,
          limitName: "100 MB/s",
          bar: 1,
          command: `sendMessage of ${uploadMebibytes} MiB`,
          pairs: uploads.map((speed) => [speed, 100 * MEGABYTE] as const),
        }),
      ),
      report(machineResult(`Upload of ${uploadMebibytes} MiB by one account`, saturated)),
      report(
        speedResult({
          name: `Upload of ${REPLAYED_MEBIBYTES} MiB by a client that has encrypted it before`,
          limitName: "100 MB/s",
          bar: 1,
          command: "upload.saveBigFilePart of 128 KiB, 11 under way",
          pairs: replayed.map((speed) => [speed, 100 * MEGABYTE] as const),
        }),
      ),
    )

    const others = await Promise.all(Array.from({ length: ACCOUNTS - 1 }, (_, account) => open(account + 1)))
    const clients = [first, ...others]
    const directions = [
      [
        "Uploads",
        () => {
          const paths = new Map(clients.map((client) => [client, client.prepare(small)]))
          return together(clients, (client) => client.upload(paths.get(client) ?? ""), small)
        },
        uploadOne,
      ],
      [
        "Downloads",
        () => together(clients, (client) => client.download("small.bin"), small),
        () => together([first], (client) => client.download(big.name), big.mebibytes),
      ],
    ] as const
    for (const [direction, all, one] of directions) {
      const pairs: Array<readonly [number, number]> = []
      const busy: Array<readonly [number, number]> = []
      const processes = [sandbox.processId, ...clients.map(({ tdlib }) => tdlib.processId)]
      for (let run = 0; run < runs; run++) {
        const pair = await againstTheMachine(processes, ACCOUNTS * small * MEBIBYTE, all)
        busy.push(pair)
        pairs.push([pair[0], await one()])
      }
      results.push(
        report(
          speedResult({
            name: `${direction} of ${ACCOUNTS} accounts at once, ${small} MiB each (sum)`,
            limitName: "the same by one account with a large file",
            bar: 0.7,
            command: `${ACCOUNTS} TDLibs at once`,
            pairs,
          }),
        ),
        report(machineResult(`${direction} of ${ACCOUNTS} accounts at once`, busy)),
      )
    }

    for (let round = 0; round < through; round++) {
      await Promise.all([first.download(big.name), first.upload(first.prepare(big.mebibytes))])
    }
    const gigabytes = Math.round((2 * through * big.mebibytes * MEBIBYTE) / 1e9)
    results.push(
      report(
        atMost(
          `Peak memory of the sandbox, ${gigabytes} GB more through it`,
          "MB",
          [peakMemory(sandbox.processId)],
          "300 MB",
          300,
          "VmHWM of /proc/PID/status",
        ),
      ),
    )
    return results
  } finally {
    for (const one of opened.reverse()) await one[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  }
}
