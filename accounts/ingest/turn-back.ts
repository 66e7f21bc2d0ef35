import * as Effect from "effect/Effect"
import { Drain } from "./drain.ts"
import { earlyLook } from "./early-look.ts"
import { holdBack, skip } from "./leave-set.ts"
import type { SetWork } from "./set-work.ts"

/**
 * Lets a set wait, or skips it, that need not be downloaded to know so: volumes are missing by name, or its first and
 * last bytes prove that some are, or that it is no such archive. Undefined = on with it.
 */
export const turnBack = Effect.fn("turnBack")(function* (work: SetWork, token: number) {
  const { set } = work
  const { detail, state } = yield* (yield* Drain).interruptible(earlyLook(work))
  const isAlone = set.volumes.length === 1 && set.state === "complete"
  if (state === "renamed" || state === "damaged" || (state === "incomplete" && isAlone))
    return yield* skip(work, token, "EXTRACT_FAILED", `${state}: ${detail}`)
  if (state === "incomplete") return yield* holdBack(work, token, "inspect", `incomplete: ${detail}`)
  if (set.state !== "complete" && state !== "whole")
    return yield* holdBack(work, token, "scan", `${set.state}: ${set.problem}`)
  return undefined
})
