/** How long after the last byte of a download its digest is there. */
import { closeSync, copyFileSync, openSync, readSync, rmSync, statSync, truncateSync, writeSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { Effect, Fiber } from "effect"
import type { CpuJobs } from "../../../src/cpu/pool.ts"
import { atMost, type BenchResult, MEBIBYTE } from "../measure.ts"

/** As a download tells of its growth: every 50 ms, at 160 MB/s, which is more than any account gets. */
const stepBytes = 8 * MEBIBYTE
const stepMilliseconds = 50

/** Milliseconds from the last bytes of `path` (and the news of them) to the digest of its copy, which grows beside it. */
const onceMore = async (jobs: CpuJobs, path: string, folder: string): Promise<number> => {
  const { size } = statSync(path)
  const target = join(folder, "growing")
  copyFileSync(path, target)
  truncateSync(target, 0)
  const [from, to] = [openSync(path, "r"), openSync(target, "r+")]
  try {
    const buffer = Buffer.allocUnsafe(stepBytes)
    let tell: Parameters<Parameters<CpuJobs["digestWhileGrowing"]>[1]>[0] = () => {}
    const digest = Effect.runFork(
      jobs.digestWhileGrowing({ volumes: [{ bytes: size, pieceBytes: null }], listTar: false }, (teller) => {
        tell = teller
      }),
    )
    await sleep(100)
    let last = 0
    for (let done = 0; done < size; ) {
      const count = readSync(from, buffer, 0, stepBytes, done)
      writeSync(to, buffer, 0, count, done)
      done += count
      last = performance.now()
      tell({ volume: 0, path: target, readyBytes: done, settled: done === size })
      if (done < size) await sleep(stepMilliseconds)
    }
    await Effect.runPromise(Fiber.join(digest))
    return performance.now() - last
  } finally {
    closeSync(from)
    closeSync(to)
    rmSync(target, { force: true })
  }
}

/** The digest of a growing copy of `path`, made in `folder`. */
export const growing = async (
  jobs: CpuJobs,
  path: string,
  folder: string,
  runs: number,
): Promise<ReadonlyArray<BenchResult>> => {
  const times: Array<number> = []
  for (let run = 0; run < runs; run++) times.push(await onceMore(jobs, path, folder))
  const command = "a copy that grows by 8 MiB every 50 ms, digested from a pool thread"
  return [atMost("Digest after the last byte of a download", "ms", times, "100 ms", 100, command)]
}
