import { Effect, Option, Schedule, Schema } from "effect"
import type { AccountStanding } from "../../db/account-states.ts"
import { ask, failRequest, outcomeOf, type RequestOutcome } from "../../db/requests.ts"
import { supervisorListens } from "../../db/supervisors.ts"
import { ChatAnswer, type ChatRequest } from "../channel/chat-requests.ts"

/** Thrown when: an account does not do what it was asked, or nobody is there to ask. */
export class NotAnswered extends Schema.TaggedError<NotAnswered>()("NotAnswered", {
  account: Schema.String,
  reason: Schema.String,
}) {
  override get message(): string {
    return `${this.account}: ${this.reason}`
  }
}

export const nameOf = ({ id, name }: Pick<AccountStanding, "id" | "name">): string => name ?? id

/**
 * Whether a worker runs the account, as far as can be seen from here: between two lives it has no cell, and takes up
 * what it was asked with the next one.
 */
export const canBeAsked = ({ isActive, state }: AccountStanding) =>
  isActive && state !== null && state !== "stopped" ? supervisorListens() : Effect.succeed(false)

const TIMEOUT_SECONDS = 90
const LOOK_EVERY = "100 millis"

const isEnded = (outcome: Option.Option<RequestOutcome>): boolean =>
  Option.isNone(outcome) || outcome.value.state === "answered" || outcome.value.state === "failed"

/**
 * Asks an account of a running worker, and waits for the answer. Fails with `NotAnswered`, which says why: nobody runs the
 * account, it refuses, or it did not answer in time.
 */
export const askAccount = Effect.fn("askAccount")(function* (
  account: AccountStanding,
  request: ChatRequest,
  timeoutSeconds: number = TIMEOUT_SECONDS,
) {
  const refuse = (reason: string) => new NotAnswered({ account: nameOf(account), reason })
  if (!(yield* canBeAsked(account)))
    return yield* refuse(
      account.isActive
        ? "no worker runs this account now, and this needs Telegram: start the worker (stash run)"
        : "the account is paused: stash account resume",
    )
  const id = yield* ask({ accountId: account.id, request, timeoutSeconds })
  const outcome = yield* outcomeOf(id).pipe(
    Effect.repeat({ until: isEnded, schedule: Schedule.spaced(LOOK_EVERY) }),
    Effect.timeoutOption(`${timeoutSeconds} seconds`),
    Effect.map(Option.flatten),
    // Nobody waits any more, so nobody shall begin.
    Effect.onInterrupt(() => Effect.ignore(failRequest(id, "nobody waits for it any more"))),
  )
  if (Option.isNone(outcome)) {
    yield* failRequest(id, "nobody waits for it any more")
    return yield* refuse(`it did not answer within ${timeoutSeconds} s (stash account list tells what it does)`)
  }
  if (outcome.value.state === "failed") return yield* refuse(outcome.value.error ?? "it failed")
  return yield* Schema.decodeUnknownEffect(ChatAnswer)(outcome.value.answer)
})
