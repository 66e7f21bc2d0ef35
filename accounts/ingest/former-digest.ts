import * as Effect from "effect/Effect"
import { formerRarContents } from "../../db/former-work.ts"
import { inFormerOrder } from "../../src/archive/former-order.ts"
import type { DigestResult } from "../../src/cpu/jobs.ts"
import { Supervisor } from "../supervisor-client.ts"
import type { SetWork } from "./set-work.ts"

/** The digest of a set, whose files are here, as the former worker made it; undefined: it made the same. */
export const formerDigest = Effect.fn("formerDigest")(function* ({ folder, set }: SetWork) {
  const places = set.volumes.map(({ fileName }, index) => ({ fileName, path: folder.volumePaths[index] ?? "" }))
  const inOrder = inFormerOrder(set.family, places, ({ fileName }) => fileName)
  if (inOrder === undefined) return undefined
  const supervisor = yield* Supervisor
  const volumes = inOrder.map(({ path }) => ({ path, pieceBytes: null }))
  const { contentHash } = yield* supervisor.digest({ volumes, listTar: false }, () => Effect.void)
  return contentHash
})

/** Under the name by which the library knows the content: the former worker's, if that had it, else its own. */
export const asKnown = (work: SetWork) =>
  Effect.fn("asKnown")(function* (digest: DigestResult) {
    if (work.set.family !== "rar_old") return digest
    const known = yield* formerRarContents(work.set.bytes)
    const former = known.length === 0 ? undefined : yield* formerDigest(work)
    return former !== undefined && known.includes(former) ? { ...digest, contentHash: former } : digest
  })
