import { atMost, type BenchOptions, type Findings, repeated, report } from "../measure.ts"
import { MadeArchives } from "./made-archives.ts"
import { runWorker } from "./our-worker.ts"
import type { Scene } from "./scene.ts"

const SOURCES = 50
/** The predecessor's, measured: 26 calls and 0.55 s for one source. */
const FORMER_SECONDS = SOURCES * 0.55
/** Of one core, when an account looks once an hour. */
const SHARE_OF_A_CORE = 0.001

/** A cycle that finds nothing new. */
export const rescan = async ({ quick }: BenchOptions): Promise<Findings> => {
  using archives = new MadeArchives()
  const files = await archives.make(quick ? 10 : 40, 1)
  const scene: Scene = {
    accounts: 1,
    speed: undefined,
    sources: Array.from({ length: SOURCES }, (_, index) => [files[index % files.length] ?? ""]),
    reads: () => true,
  }
  const rescans = (await repeated(quick ? 1 : 5, () => runWorker(scene))).map((outcome) => outcome.rescan)
  const name = (what: string) => `${what} of a cycle that finds nothing new in ${SOURCES} sources`
  return {
    results: [
      atMost(
        name("Calls"),
        "calls",
        rescans.map(({ calls }) => calls),
        "two for each source",
        2 * SOURCES,
        "counted by the sandbox",
      ),
      atMost(
        name("Seconds"),
        "s",
        rescans.map(({ seconds }) => seconds),
        "the former worker with as many",
        Number(FORMER_SECONDS.toFixed(1)),
        "ingestion_runs",
      ),
      atMost(
        name("Processor"),
        "s",
        rescans.map(({ cpuSeconds }) => cpuSeconds),
        "a thousandth of a core, at a cycle an hour",
        SHARE_OF_A_CORE * 3600,
        "/proc/PID/stat of all of the worker's processes",
      ),
    ].map(report),
  }
}
