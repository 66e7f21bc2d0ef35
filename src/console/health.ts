import { Effect, SubscriptionRef } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { databaseAnswers } from "../../db/supervisors.ts"
import { Pulse } from "../supervisor/pulse.ts"
import { type AccountStatus, StatusBoard } from "../supervisor/status-board.ts"
import type { Access } from "./access.ts"
import { isTrusted } from "./guard.ts"

/** No reasons: it is well. */
export interface Health {
  readonly reasons: ReadonlyArray<string>
}

const DATABASE_LIMIT = "3 seconds"

/** Whether the process works at all; where it does not, only a restart helps. That it answers shows that its event loop turns. */
export const liveness = Effect.gen(function* () {
  const { ended, hung } = yield* (yield* Pulse).state
  const health: Health = {
    reasons: [
      ...hung.map((loop) => `the loop "${loop}" does not go round any more`),
      ...ended.map((loop) => `the loop "${loop}" has ended`),
    ],
  }
  return health
})

const accountReasons = (accounts: ReadonlyArray<AccountStatus>): ReadonlyArray<string> => {
  const running = accounts.filter(({ state }) => state !== "stopped")
  const starting = accounts.filter(({ hasStarted }) => !hasStarted)
  const parked = running.filter(({ state }) => state === "parked")
  return [
    ...starting.map(({ label, reason }) => `${label} is starting${reason === "" ? "" : `: ${reason}`}`),
    ...(running.length > 0 && parked.length === running.length
      ? parked.map(({ label, reason }) => `${label} is parked: ${reason}`)
      : []),
  ]
}

/** What is wrong with the database; nothing when it answers in time. */
const databaseReasons = databaseAnswers().pipe(
  Effect.timeoutOrElse({
    duration: DATABASE_LIMIT,
    orElse: () => Effect.fail({ message: `no answer within ${DATABASE_LIMIT}` }),
  }),
  Effect.match({
    onSuccess: (): ReadonlyArray<string> => [],
    onFailure: ({ message }) => [`the database cannot be reached: ${message}`],
  }),
)

/**
 * Whether the worker does what it is for: it runs, its database answers, every account has come further than its start,
 * and not all of them are parked.
 */
export const readiness = Effect.gen(function* () {
  const { areAccountsKnown, isStopping } = yield* (yield* Pulse).state
  const { accounts } = yield* SubscriptionRef.get((yield* StatusBoard).status)
  const fromDatabase = yield* databaseReasons
  const health: Health & { readonly isDatabaseUp: boolean } = {
    isDatabaseUp: fromDatabase.length === 0,
    reasons: [
      ...(isStopping ? ["the worker is stopping"] : []),
      ...(areAccountsKnown ? [] : ["the accounts have not been read from the database yet"]),
      ...accountReasons([...accounts.values()]),
      ...fromDatabase,
      ...(yield* liveness).reasons,
    ],
  }
  return health
})

const answer = (access: Access, word: string, { reasons }: Health) =>
  Effect.map(HttpServerRequest.HttpServerRequest, (request) => {
    const isWell = reasons.length === 0
    const status = isWell ? word : `not ${word}`
    return HttpServerResponse.jsonUnsafe(isTrusted(access, request) ? { status, reasons } : { status }, {
      status: isWell ? 200 : 503,
    })
  })

/** `/health/live` and `/health/ready`: 200, or 503 and why. */
const routes = <R>(access: Access, live: Effect.Effect<Health, never, R>, ready: Effect.Effect<Health, never, R>) =>
  HttpRouter.addAll([
    HttpRouter.route(
      "GET",
      "/health/live",
      Effect.flatMap(live, (health) => answer(access, "live", health)),
    ),
    HttpRouter.route(
      "GET",
      "/health/ready",
      Effect.flatMap(ready, (health) => answer(access, "ready", health)),
    ),
  ])

export const layerHealth = (access: Access) => routes(access, liveness, readiness)

/** The same of a worker that cannot begin yet, for this reason. */
export const layerWaitingHealth = (access: Access, reason: string) =>
  routes(access, Effect.succeed({ reasons: [] }), Effect.succeed({ reasons: [reason] }))
