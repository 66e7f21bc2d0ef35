/** Looks at a set before it is downloaded, so that what lacks volumes or is no archive at all costs no gigabytes. */
import * as Effect from "effect/Effect"
import { type EarlyVerdict, lookEarly, type Peek, peeksOf } from "../../src/archive/early-look.ts"
import { logEvent } from "../../src/log-line.ts"
import { downloadRange } from "../telegram/download-range.ts"
import { hasVolume } from "./set-folder.ts"
import type { SetWork } from "./set-work.ts"

/**
 * A look costs one or two round trips, and none of its bytes is fetched twice. It is taken where that is little beside
 * the download: from 32 MiB on, which take a second at the 30 MB/s that TDLib reaches for one file.
 */
const WORTH_A_LOOK_BYTES = 32 * 1024 * 1024

/** Before every download of volumes, since the verdict may spare them all. */
const LOOK_PRIORITY = 32

/** Names alone cannot tell whether such a set has ended: only its first volume is there, or its last one is larger. */
const isOpen = ({ set }: SetWork): boolean => set.state === "waiting" && set.missing.length === 0

const isWorthALook = Effect.fn("isWorthALook")(function* (work: SetWork) {
  const { set } = work
  if (!isOpen(work) && (set.state !== "complete" || set.bytes < WORTH_A_LOOK_BYTES)) return false
  // Volumes that are at home have been paid for, and TDLib would fetch them anew.
  const home = yield* Effect.forEach(set.volumes, (volume, index) =>
    hasVolume(work.folder.volumePaths[index] ?? "", volume.bytes),
  )
  return !home.some(Boolean)
})

const unknown: EarlyVerdict = { state: "unknown", detail: "" }

interface Fetched extends Peek {
  readonly content: Uint8Array
}

const readerOf =
  (ranges: ReadonlyArray<Fetched>) =>
  (volume: number, offset: number, length: number): Uint8Array => {
    const found = ranges.find(
      (range) => range.volume === volume && range.offset <= offset && offset < range.offset + range.content.length,
    )
    const from = offset - (found?.offset ?? 0)
    return found?.content.subarray(from, from + length) ?? new Uint8Array(0)
  }

/** Volumes side by side, the ranges of one volume in turn. */
const fetchPeeks = Effect.fn("fetchPeeks")(function* (work: SetWork, peeks: ReadonlyArray<Peek>) {
  const volumes = [...new Set(peeks.map(({ volume }) => volume))]
  const fetched = yield* Effect.forEach(
    volumes,
    (volume) =>
      Effect.forEach(
        peeks.filter((peek) => peek.volume === volume),
        (peek) =>
          Effect.map(
            downloadRange({ ...peek, fileId: work.set.volumes[volume]?.fileId ?? 0, priority: LOOK_PRIORITY }),
            (content): Fetched => ({ ...peek, content }),
          ),
      ),
    { concurrency: 2 },
  )
  return fetched.flat()
})

/**
 * What the first and last bytes of the set prove; `unknown` when a look is not worth it (a set of less than 32 MiB whose
 * names are complete, or one of which volumes are at home), or fails: then the download meets the same trouble.
 */
export const earlyLook = Effect.fn("earlyLook")(
  function* (work: SetWork) {
    if (!(yield* isWorthALook(work))) return unknown
    const { family, volumes } = work.set
    const ranges = yield* fetchPeeks(work, peeksOf(family, volumes))
    const verdict = lookEarly(family, volumes, readerOf(ranges))
    yield* logEvent.info("set.early_look", `Before the download: ${verdict.state}`, { ...verdict })
    return verdict
  },
  Effect.catch((error) =>
    Effect.as(logEvent.warn("set.early_look", "A look ahead failed", { error: error.message }), unknown),
  ),
)
