import { Effect } from "effect"
import { announceLate } from "../../../db/announcements.ts"
import {
  failUntaken,
  forgetWithdrawn,
  noticeUnheard,
  type UntakenRequest,
  waitingAppRequests,
} from "../../../db/app-requests.ts"
import type { Config } from "../../config.ts"
import { logEvent } from "../../log-line.ts"
import { AppRequestBell, RequestBell } from "../request-bell.ts"

/** A notification may be lost: this soon its row is found all the same. */
const LOOK_EVERY = "1 minute"
/** While requests wait for an account. */
const WAITING_EVERY = "1 second"
/** After this long, accounts that are parked are asked too. */
const PARKED_TOO_SECONDS = 10

/** Why nobody did it, in words for whoever asked. */
export const whyUntaken = ({ isBound, problem, wantedName, wantedReason, wantedState }: UntakenRequest): string => {
  if (problem !== null) return problem
  if (!isBound) return "no account is running that could do it: look at the accounts, log one in, and ask again"
  const state = wantedState ?? "not run yet"
  const because = wantedReason === null || wantedReason === "" ? "" : `: ${wantedReason}`
  return `the account ${wantedName ?? "of this request"} is not running now (${state}${because}): ask again when it is`
}

/** Has the accounts look: those that live at once, parked ones when nobody else does it, each once for a request. */
const ringFor = Effect.fn("ringFor")(function* (asked: Map<string, "wanted" | "all">) {
  const bell = yield* AppRequestBell
  const accounts = yield* RequestBell
  const waiting = yield* waitingAppRequests()
  const ids = new Set(waiting.map(({ id }) => id))
  for (const id of asked.keys()) if (!ids.has(id)) asked.delete(id)
  for (const { id, isBound, waitedSeconds, wantedAccountId } of waiting) {
    if (!asked.has(id) && wantedAccountId !== null) yield* accounts.ring(wantedAccountId)
    if (!asked.has(id)) asked.set(id, "wanted")
    if (isBound || waitedSeconds < PARKED_TOO_SECONDS || asked.get(id) === "all") continue
    yield* accounts.ringAll
    asked.set(id, "all")
  }
  if (waiting.length > 0) yield* bell.accounts.ringAll
  return waiting.length > 0
})

const look = Effect.fn("look")(function* (asked: Map<string, "wanted" | "all">, announceSeconds: number) {
  yield* announceLate(announceSeconds)
  yield* noticeUnheard()
  yield* forgetWithdrawn()
  for (const untaken of yield* failUntaken(whyUntaken))
    yield* logEvent.warn("app_request.untaken", `No account did what the web app asked: ${untaken.kind}`, {
      kind: untaken.kind,
      request: untaken.id,
      reason: whyUntaken(untaken),
    })
  return yield* ringFor(asked)
})

/**
 * Looks after what the web app asks, for ever: finds what was not heard, has accounts look, and fails, with the reason, what
 * none of them takes in time. Tells the bot of new packages whose metadata does not come.
 */
export const watchAppRequests = Effect.fn("watchAppRequests")(function* ({ announceSeconds }: Config) {
  const { watchHeard } = yield* AppRequestBell
  const asked = new Map<string, "wanted" | "all">()
  yield* look(asked, announceSeconds).pipe(
    Effect.catch((error) =>
      Effect.as(
        logEvent.warn("app_request.trouble", "Requests of the web app could not be looked at; trying again", {
          error: error.message,
        }),
        true,
      ),
    ),
    Effect.flatMap((isWaiting) => Effect.raceFirst(Effect.sleep(isWaiting ? WAITING_EVERY : LOOK_EVERY), watchHeard)),
    Effect.forever,
  )
})
