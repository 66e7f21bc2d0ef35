import * as Effect from "effect/Effect"
import { Supervisor } from "../supervisor-client.ts"
import { reportProgress, type SetWork } from "./set-work.ts"

/** More entries than this are not listed; the package says so (facts/archives.md, "Hostile input"). */
const MAX_ENTRIES = 100_000

/** SHA-256 over the set's volumes in volume order: the name of its content. */
export const digestSet = Effect.fn("digestSet")(function* (work: SetWork) {
  const supervisor = yield* Supervisor
  yield* reportProgress(work, "hashing", 0)
  return yield* supervisor.digest({ paths: work.folder.volumePaths }, (doneBytes) =>
    reportProgress(work, "hashing", doneBytes),
  )
})

/** Reads the headers: is the set whole and what it says it is, and what is inside. */
export const inspectSet = Effect.fn("inspectSet")(function* (work: SetWork) {
  const supervisor = yield* Supervisor
  yield* reportProgress(work, "inspecting", 0)
  return yield* supervisor.inspect({
    family: work.set.family,
    archiveType: work.set.archiveType,
    volumes: work.folder.volumePaths.map((path, index) => ({ path, name: work.set.volumes[index]?.fileName ?? "" })),
    workDirectory: work.folder.path,
    maxEntries: MAX_ENTRIES,
  })
})
