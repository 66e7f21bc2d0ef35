import * as Effect from "effect/Effect"
import { pieceBytesOf } from "../../src/archive/parts.ts"
import type { DigestResult, GrowingDigestJob } from "../../src/cpu/jobs.ts"
import { isListedByDigest, withTar } from "../../src/library/package-listing.ts"
import { Supervisor } from "../supervisor-client.ts"
import { reportProgress, type SetWork } from "./set-work.ts"

/** What to digest of a set while it is being downloaded. */
export const growingDigestJob = (work: SetWork): GrowingDigestJob => ({
  volumes: work.set.volumes.map(({ bytes }) => ({ bytes, pieceBytes: pieceBytesOf(bytes, work.maxUploadBytes) })),
  listTar: isListedByDigest(work.set),
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
  return withTar(inspection, digest.tar)
})
