import { statSync } from "node:fs"
import { uploadLimit } from "../../../accounts/telegram/upload-limit.ts"
import { PeakDisk } from "../../peak-disk.ts"
import { atMost, type BenchOptions, type BenchResult, type Findings, MEBIBYTE, report, seconds } from "../measure.ts"
import { MadeArchives } from "./made-archives.ts"
import { sharedSource } from "./scene.ts"
import { SceneWorker } from "./scene-worker.ts"

const LOOK_MILLISECONDS = 100
const EXTRA_PARTS = 2
/** What a set that is sent as it lies may take beside itself: the folder's own blocks. */
const EXTRA_SHARE = 0.01

interface Case {
  readonly mebibytes: number
  readonly premium: boolean
}
/** Telegram holds no file over 4,000 MiB, and TDLib downloads none; what is over 3,950 is split, whoever sends it. */
const cases: ReadonlyArray<Case> = [
  { mebibytes: 3980, premium: true },
  { mebibytes: 3980, premium: false },
  { mebibytes: 3900, premium: true },
]
/** A quick run has all sizes, and the limits, so much smaller. */
const QUICK = 50

/** One archive, as fast as it goes, and how much of the disk that takes at most. */
export const measureLarge = async (
  { mebibytes, premium }: Case,
  quick: boolean,
): Promise<ReadonlyArray<BenchResult>> => {
  using archives = new MadeArchives()
  const scale = quick ? QUICK : 1
  const partMebibytes = Math.floor(uploadLimit(premium) / MEBIBYTE / scale)
  const file = await archives.makeLarge(mebibytes / scale)
  const bytes = statSync(file).size
  await using worker = await SceneWorker.open(
    { ...sharedSource(1, undefined, [file]), premium },
    quick ? { MAX_PART_SIZE_MB: String(partMebibytes) } : {},
  )
  const disk = new PeakDisk(worker.worker.dataFolder, LOOK_MILLISECONDS)
  const taken = await seconds(async () => {
    worker.start()
    await worker.untilSettled(1)
  })
  const extraBytes = Math.max(0, (await disk.end()) - bytes)
  const delivered = await worker.stage.delivered()
  const deliveredBytes = delivered.reduce((sum, one) => sum + one.bytes, 0)
  if (deliveredBytes !== bytes) throw new Error(`${deliveredBytes} of ${bytes} bytes were delivered`)
  const what = `an archive of ${mebibytes / scale} MiB, ${premium ? "Premium" : "free"}`
  const parts = Math.ceil(bytes / (partMebibytes * MEBIBYTE))
  const command = `from the start of stash run to the set's end, ${taken.toFixed(0)} s`
  const looks = `blocks of all files that it holds, every ${LOOK_MILLISECONDS} ms`
  return [
    atMost(`Messages for ${what}`, "messages", [delivered.length], "the fewest that Telegram takes", parts, command),
    parts > 1
      ? atMost(
          `Disk beside ${what}`,
          "parts",
          [extraBytes / (partMebibytes * MEBIBYTE)],
          "what is being sent and cut",
          EXTRA_PARTS,
          looks,
        )
      : atMost(`Disk beside ${what}`, "of its size", [extraBytes / bytes], "no copy", EXTRA_SHARE, looks),
  ].map(report)
}

/** Archives about as large as a message may be, and larger. */
export const large = async ({ quick }: BenchOptions): Promise<Findings> => {
  const results = []
  for (const one of cases) results.push(...(await measureLarge(one, quick)))
  return { results }
}
