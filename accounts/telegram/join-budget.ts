import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { spendMove } from "../../db/counted-moves.ts"
import { logEvent } from "../../src/log-line.ts"
import { AccountConfig } from "../account-config.ts"

/**
 * Moves that Telegram punishes when they come often, with FLOOD_WAITs of hours or with a ban. It publishes no limits: these
 * are far below what people report to have been punished for.
 */
const budgets = {
  join: { most: 20, withinSeconds: 86_400, apartSeconds: 30 },
  "invite check": { most: 60, withinSeconds: 86_400, apartSeconds: 5 },
} as const

/** A wait up to this long is sat out; after a longer one the operator should come back. */
const LONGEST_WAIT_MILLIS = 60_000

/** Thrown when: the account has joined, or asked about invites, as often as is safe for now. */
export class JoinBudgetSpent extends Schema.TaggedError<JoinBudgetSpent>()("JoinBudgetSpent", {
  move: Schema.String,
  /** Unix milliseconds. */
  until: Schema.Number,
}) {
  override get message(): string {
    return `this account has made as many moves (${this.move}) as are safe: try again after ${new Date(this.until).toISOString()}`
  }
}

/**
 * Runs a join, or the check of an invite, when the account's budget has room for it: queued, one after another, over all
 * restarts. Fails with {@link JoinBudgetSpent} when that is more than a minute away.
 */
export const withJoinBudget = <A, E, R>(move: keyof typeof budgets, effect: Effect.Effect<A, E, R>) =>
  Effect.andThen(takeTurn(move), effect)

const takeTurn = Effect.fn("takeTurn")(function* (move: keyof typeof budgets) {
  const { accountId } = yield* AccountConfig
  for (;;) {
    const millis = yield* spendMove({ accountId, move, ...budgets[move] })
    if (millis === 0) return
    const until = (yield* Clock.currentTimeMillis) + millis
    if (millis > LONGEST_WAIT_MILLIS) return yield* new JoinBudgetSpent({ move, until })
    yield* logEvent.info("join.queued", `The next ${move} waits for its turn`, {
      move,
      until: new Date(until).toISOString(),
    })
    yield* Effect.sleep(millis)
  }
})
