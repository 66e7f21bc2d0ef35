import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { storable, storableJson } from "./row.ts"
import { first, one, run, transaction } from "./statement.ts"

/** Where supervisors hear of requests; the payload is the account's id. */
export const REQUEST_CHANNEL = "stash_request"

export const RequestState = Schema.Literals(["pending", "taken", "answered", "failed"])

/** A request that was taken: JSON of whatever was asked. */
export const TakenRequest = Schema.Struct({ id: Schema.String, request: Schema.Unknown })
export type TakenRequest = typeof TakenRequest.Type

/** Where a request stands; `answer` is JSON, and there with `answered` alone, as `error` is with `failed`. */
export const RequestOutcome = Schema.Struct({
  state: RequestState,
  answer: Schema.Unknown,
  error: Schema.NullOr(Schema.String),
})
export type RequestOutcome = typeof RequestOutcome.Type

/** Asks an account for something; `request` must survive JSON. Answers with the id to look for the outcome with. */
export const ask = (asked: {
  readonly accountId: string
  readonly request: unknown
  readonly timeoutSeconds: number
}) =>
  transaction(
    "ask",
    Effect.gen(function* () {
      const { id } = yield* one(
        "ask",
        Schema.Struct({ id: Schema.String }),
        (sql) => sql`
          insert into stash_requests ("accountId", "request", "expiresAt")
          values (${asked.accountId}, ${storableJson(asked.request)}::text::jsonb,
                  now() + make_interval(secs => ${asked.timeoutSeconds}))
          returning "id"`,
      )
      yield* run("announceRequest", (sql) => sql`select pg_notify(${REQUEST_CHANNEL}, ${asked.accountId})`)
      return id
    }),
  )

/** None: there is no such request (any more). */
export const outcomeOf = (id: string) =>
  first(
    "requestOutcome",
    RequestOutcome,
    (sql) => sql`select "state", "answer", "error" from stash_requests where "id" = ${id}`,
  )

/** Whether somebody waits for an answer of an account to a request in one of these states. */
export const isAsked = (accountId: string, states: ReadonlyArray<"pending" | "taken"> = ["pending", "taken"]) =>
  one(
    "isAsked",
    Schema.Struct({ isAsked: Schema.Boolean }),
    (sql) => sql`
      select exists (
        select from stash_requests
        where "accountId" = ${accountId} and "state" in ${sql([...states])} and "expiresAt" > now()
      ) as "isAsked"`,
  ).pipe(Effect.map((found) => found.isAsked))

/** Takes the oldest request to an account that somebody still waits for. */
export const takeRequest = (accountId: string) =>
  first(
    "takeRequest",
    TakenRequest,
    (sql) => sql`
      update stash_requests set "state" = 'taken'
      where "id" = (
        select "id" from stash_requests
        where "accountId" = ${accountId} and "state" = 'pending' and "expiresAt" > now()
        order by "createdAt", "id" limit 1 for update skip locked
      )
      returning "id", "request"`,
  )

/** Writes the answer to a request that was taken. */
export const answerRequest = (id: string, answer: unknown) =>
  run(
    "answerRequest",
    (sql) => sql`
      update stash_requests
      set "state" = 'answered', "answer" = ${storableJson(answer)}::text::jsonb, "endedAt" = now()
      where "id" = ${id} and "state" = 'taken'`,
  ).pipe(Effect.asVoid)

/** Says why a request is not answered; nobody takes it any more. */
export const failRequest = (id: string, error: string) =>
  run(
    "failRequest",
    (sql) => sql`
      update stash_requests set "state" = 'failed', "error" = ${storable(error)}, "endedAt" = now()
      where "id" = ${id} and "state" in ('pending', 'taken')`,
  ).pipe(Effect.asVoid)

/** Nobody works on what an earlier life of the account had taken: it may or may not have been done. */
export const failAbandonedRequests = (accountId: string) =>
  run(
    "failAbandonedRequests",
    (sql) => sql`
      update stash_requests
      set "state" = 'failed', "endedAt" = now(),
          "error" = 'the account was restarted while it worked on this: look whether it was done, and ask again'
      where "accountId" = ${accountId} and "state" = 'taken'`,
  )

/** Ends what nobody took, or answered, in time, and forgets what ended more than a day ago. */
export const sweepRequests = () =>
  Effect.andThen(
    run(
      "expireRequests",
      (sql) => sql`
        update stash_requests set "state" = 'failed', "endedAt" = now(), "error" = 'no worker did it in time'
        where ("state" = 'pending' and "expiresAt" <= now())
           or ("state" = 'taken' and "expiresAt" <= now() - interval '10 minutes')`,
    ),
    run("forgetRequests", (sql) => sql`delete from stash_requests where "endedAt" < now() - interval '1 day'`),
  )
