import * as Effect from "effect/Effect"
import { pieceBytesOf } from "../../src/archive/parts.ts"
import { flagsOfSet } from "../../src/archive/set-flags.ts"
import type { DigestResult, GrowingDigestJob, InspectResult, TarListing } from "../../src/cpu/jobs.ts"
import { Supervisor } from "../supervisor-client.ts"
import { reportProgress, type SetWork } from "./set-work.ts"

/** A tar has no directory of its own: it is listed in the pass that digests it. */
const isTar = (work: SetWork): boolean => work.set.family === "tar" || work.set.family === "tar_split"

/** What to digest of a set while it is being downloaded. */
export const growingDigestJob = (work: SetWork): GrowingDigestJob => ({
  volumes: work.set.volumes.map(({ bytes }) => ({ bytes, pieceBytes: pieceBytesOf(bytes, work.maxUploadBytes) })),
  listTar: isTar(work),
})

/** SHA-256 over the set's volumes in volume order: the name of its content. */
export const digestSet = Effect.fn("digestSet")(function* (work: SetWork) {
  const supervisor = yield* Supervisor
  const { listTar, volumes } = growingDigestJob(work)
  yield* reportProgress(work, "hashing", 0)
  return yield* supervisor.digest(
    {
      volumes: volumes.map(({ pieceBytes }, index) => ({ path: work.folder.volumePaths[index] ?? "", pieceBytes })),
      listTar,
    },
    (doneBytes) => reportProgress(work, "hashing", doneBytes),
  )
})

const withTar = (inspection: InspectResult, { damaged, ...listing }: TarListing): InspectResult => {
  const isDamaged = damaged && inspection.state === "listed"
  const state = isDamaged ? "damaged" : inspection.state
  return {
    ...listing,
    state,
    detail: isDamaged ? "The tar ends within an entry, or cannot be unpacked to its end." : inspection.detail,
    flags: flagsOfSet(state, listing),
  }
}

/** Reads the headers: is the set whole and what it says it is, and what is inside. */
export const inspectSet = Effect.fn("inspectSet")(function* (work: SetWork, digest: DigestResult) {
  const supervisor = yield* Supervisor
  yield* reportProgress(work, "inspecting", 0)
  const inspection = yield* supervisor.inspect({
    family: work.set.family,
    archiveType: work.set.archiveType,
    volumes: work.folder.volumePaths.map((path, index) => ({ path, name: work.set.volumes[index]?.fileName ?? "" })),
    workDirectory: work.folder.path,
  })
  return digest.tar === null ? inspection : withTar(inspection, digest.tar)
})
