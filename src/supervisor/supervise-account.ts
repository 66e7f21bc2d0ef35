import { Clock, Deferred, Duration, Effect, Option, Schema } from "effect"
import { type AccountPolicy, policyOf } from "../../db/account-states.ts"
import type { Account } from "../../db/accounts.ts"
import { isAsked } from "../../db/requests.ts"
import { AccountError } from "../channel/account-rpcs.ts"
import type { Config } from "../config.ts"
import { logEvent } from "../log-line.ts"
import { CellRecycled } from "./account-cycles.ts"
import { AccountParked, accountLife, type CellSurroundings, WaitOver } from "./account-life.ts"
import type { AccountState } from "./account-state.ts"
import { RestartOrdered } from "./orders.ts"
import { RequestBell } from "./request-bell.ts"
import { type EndKind, type Restart, type RestartPolicy, superviseLives } from "./restart-policy.ts"
import { StatusBoard } from "./status-board.ts"
import { Wake } from "./wake.ts"

const BACKOFF = { base: Duration.millis(500), cap: Duration.minutes(1) } as const

/** How this account's failed lives are followed by the next: as the operator said of it, or of all. */
const restartPolicyOf = Effect.fn("restartPolicyOf")(function* (accountId: string, { restart }: Config) {
  const own = yield* policyOf(accountId).pipe(
    Effect.catch((error) =>
      Effect.as(
        logEvent.warn("policy.unread", "The account's own policy could not be read", { error: error.message }),
        Option.none<AccountPolicy>(),
      ),
    ),
  )
  const { maxRestarts, restart: kind, withinSeconds } = Option.getOrElse(own, () => noPolicy)
  const policy: RestartPolicy = {
    restart: kind ?? restart.kind,
    maxRestarts: maxRestarts ?? restart.max,
    within: Duration.seconds(withinSeconds ?? restart.withinSeconds),
    ...BACKOFF,
  }
  return policy
})
const noPolicy: AccountPolicy = { restart: null, maxRestarts: null, withinSeconds: null }

/** What the end of a life means for the next one. */
const kindOf = (error: { readonly message: string }): EndKind => {
  if (error instanceof RestartOrdered || error instanceof CellRecycled || error instanceof WaitOver) return "asked"
  return error instanceof AccountError && error.who === "operator" ? "hopeless" : "failed"
}

/** Where nothing is under way that should come to its end before the worker stops. */
const restful: ReadonlySet<AccountState> = new Set([
  "starting",
  "authorising",
  "idle",
  "paused",
  "quiet",
  "backing_off",
  "parked",
])

/** Interrupts an account, once the worker is to stop, as soon as that costs nothing. */
const leaveAtRest = Effect.fn("leaveAtRest")(function* (accountId: string, stopping: Deferred.Deferred<void>) {
  const board = yield* StatusBoard
  yield* Deferred.await(stopping)
  while (!restful.has((yield* board.of(accountId))?.state ?? "idle")) yield* Effect.sleep("50 millis")
  return yield* Effect.interrupt
})

/** A parked account stays so, with its reason, for whoever looks after the worker has ended. */
const stopUnlessParked = Effect.fn("stopUnlessParked")(function* (accountId: string) {
  const board = yield* StatusBoard
  if ((yield* board.of(accountId))?.state !== "parked") yield* board.move(accountId, "stopped")
})

/** Thrown when: an account's policy wants no other life. */
class LivesEnded extends Schema.TaggedError<LivesEnded>()("LivesEnded", {}) {
  override get message(): string {
    return "its life has ended, and its restart policy wants no other one"
  }
}

/**
 * A life may have heard the ring and ended before it took the request up; no sooner than this it is given another one. When that
 * cannot take it up either, it is left to the next ring, or to whatever ends the parking.
 */
const LEFT_UNDONE_AFTER = "5 seconds"

/** Completes after a while when a request waits for the account. */
const leftUndone = (accountId: string) =>
  Effect.sleep(LEFT_UNDONE_AFTER).pipe(
    Effect.andThen(isAsked(accountId, ["pending"])),
    Effect.catch(() => Effect.succeed(false)),
    Effect.flatMap((isPending) => (isPending ? Effect.void : Effect.never)),
  )

/**
 * Keeps one account alive: restarts its cell by policy, and parks it, visibly, when the policy gives up or the operator
 * must act. A parked account is tried again after a while, or when it is called or asked. Never fails, and ends only when the worker
 * stops (P5).
 */
export const superviseAccount = Effect.fn("superviseAccount")(function* (
  account: Account,
  surroundings: CellSurroundings,
) {
  const board = yield* StatusBoard
  yield* board.enter(account)
  const { config, onParked, stopping } = surroundings
  const called = yield* (yield* Wake).listen(account.id)
  const { heard } = yield* RequestBell
  // A life that ended because the worker stops is followed by none.
  const lastLife = Effect.flatMap(Deferred.isDone(stopping), (isStopping) =>
    isStopping ? Effect.interrupt : Effect.void,
  )
  const onRestart = (restart: Restart) =>
    Effect.gen(function* () {
      const seconds = Math.round(Duration.toMillis(restart.delay) / 100) / 10
      yield* logEvent.warn("account.restart", `Restarting the account in ${seconds} s`, {
        account: account.id,
        reason: restart.reason,
        restarts: restart.count,
      })
      yield* board.count(account.id, [{ _tag: "Restarted", cause: restart.isAsked ? "asked" : "failed" }])
      const at = yield* Clock.currentTimeMillis
      yield* board.change(account.id, { restarts: restart.count, lastRestart: { reason: restart.reason, at } })
      yield* board.move(account.id, "backing_off", restart.reason)
    })
  const lives = Effect.gen(function* () {
    const policy = yield* restartPolicyOf(account.id, config)
    yield* superviseLives(policy, Effect.andThen(accountLife(account, surroundings), lastLife), kindOf, onRestart)
    return yield* new LivesEnded()
  })
  let isSecondTry = false
  const park = (error: { readonly message: string }) =>
    Effect.gen(function* () {
      yield* logEvent.error("account.parked", "The account is parked", { account: account.id, reason: error.message })
      yield* board.count(account.id, [{ _tag: "Parked" }])
      yield* board.move(account.id, "parked", error.message)
      yield* onParked(new AccountParked({ accountId: account.id, reason: error.message }))
      const coolDown = config.parkedMinutes === 0 ? Effect.never : Effect.sleep(Duration.minutes(config.parkedMinutes))
      // What an operator asks of it may need its cell, and may be what ends the trouble.
      const endings = coolDown.pipe(Effect.raceFirst(called), Effect.raceFirst(heard(account.id)), Effect.as(false))
      isSecondTry = yield* isSecondTry ? endings : Effect.raceFirst(endings, Effect.as(leftUndone(account.id), true))
    })
  yield* lives.pipe(
    Effect.catch(park),
    Effect.forever,
    Effect.raceFirst(leaveAtRest(account.id, stopping)),
    Effect.onInterrupt(() => stopUnlessParked(account.id)),
  )
})
