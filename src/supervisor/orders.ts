import { Context, Deferred, Effect, Exit, Layer, Queue, Schema, Stream } from "effect"
import { AccountOrder, ORDER_CHANNEL } from "../../db/account-states.ts"
import { AppRequestKind, appRequestKinds } from "../../db/app-requests.ts"
import { CALL_CHANNEL } from "../../db/channels.ts"
import { Database, type ListenEvent } from "../../db/database.ts"
import { REQUEST_CHANNEL } from "../../db/requests.ts"
import { logEvent } from "../log-line.ts"
import { hearAppRequest } from "./app-requests/heard.ts"
import { requestMissingLink } from "./app-requests/missing-link.ts"
import { LoginAnswers } from "./login-answers.ts"
import { AppRequestBell, RequestBell } from "./request-bell.ts"
import { Wake } from "./wake.ts"

/** Thrown when: an operator had the account restarted. */
export class RestartOrdered extends Schema.TaggedError<RestartOrdered>()("RestartOrdered", {}) {
  override get message(): string {
    return "the operator had it restarted"
  }
}

/** Orders of one kind: whoever waits for one hears it; nobody else ever does. */
const makeCalls = () => {
  const waiting = new Map<string, Set<Deferred.Deferred<void>>>()
  return {
    of: (accountId: string) =>
      Effect.suspend(() => {
        const order = Deferred.makeUnsafe<void>()
        const orders = waiting.get(accountId) ?? new Set()
        waiting.set(accountId, orders.add(order))
        return Effect.ensuring(
          Deferred.await(order),
          Effect.sync(() => orders.delete(order)),
        )
      }),
    give: (accountId: string) =>
      Effect.sync(() => {
        for (const order of waiting.get(accountId) ?? []) Deferred.doneUnsafe(order, Exit.void)
      }),
  }
}

/** Orders of an operator to end an account's present life, or what it does in it. */
export class Orders extends Context.Service<
  Orders,
  {
    /** Fails once an operator has the account restarted, from now on. */
    readonly restartOf: (accountId: string) => Effect.Effect<never, RestartOrdered>
    readonly restart: (accountId: string) => Effect.Effect<void>
    /** Completes once an operator has the account's running cycle ended, from now on. */
    readonly cancelOf: (accountId: string) => Effect.Effect<void>
    readonly cancel: (accountId: string) => Effect.Effect<void>
    /** Completes when accounts, or their schedules, may have changed since it was last asked. */
    readonly reviewed: Effect.Effect<void>
    readonly review: Effect.Effect<void>
  }
>()("src/supervisor/Orders") {
  static readonly layer = Layer.effect(
    Orders,
    Effect.gen(function* () {
      const reviews = yield* Queue.sliding<void>(1)
      const restarts = makeCalls()
      const cancellations = makeCalls()
      return Orders.of({
        restartOf: (accountId) => Effect.flatMap(restarts.of(accountId), () => new RestartOrdered()),
        restart: restarts.give,
        cancelOf: cancellations.of,
        cancel: cancellations.give,
        reviewed: Queue.take(reviews),
        review: Effect.asVoid(Queue.offer(reviews, undefined)),
      })
    }),
  )
}

const decodeOrder = Schema.decodeUnknownExit(Schema.fromJsonString(AccountOrder))

/** An order that does not decode is logged, and nothing else happens. */
const obey = Effect.fn("obey")(function* (payload: string) {
  const order = decodeOrder(payload)
  if (Exit.isFailure(order))
    return yield* logEvent.warn("order.malformed", "An order could not be understood", {
      bytes: payload.length,
    })
  if (order.value.order === "review") return yield* (yield* Orders).review
  if (order.value.order === "answer")
    return yield* (yield* LoginAnswers).deliver(order.value.accountId, order.value.sealed)
  const { accountId } = order.value
  yield* logEvent.info("order.given", `The operator orders: ${order.value.order}`, { account: accountId })
  if (order.value.order === "cancel") return yield* (yield* Orders).cancel(accountId)
  // A parked account rests: being called ends that.
  yield* (yield* Wake).call([accountId])
  yield* (yield* Orders).restart(accountId)
})

const isAppRequest = Schema.is(AppRequestKind)

const accountIdsIn = (payload: string): ReadonlyArray<string> =>
  payload.split(",").flatMap((id) => (id.trim() === "" ? [] : [id.trim()]))

const hear = Effect.fn("hear")(function* (event: ListenEvent) {
  const requests = yield* RequestBell
  const wake = yield* Wake
  if (event._tag === "Listening") {
    yield* requests.ringAll
    yield* (yield* AppRequestBell).ringWatch
    yield* requestMissingLink
    return yield* (yield* Orders).review
  }
  if (event.channel === ORDER_CHANNEL) return yield* obey(event.payload)
  if (event.channel === REQUEST_CHANNEL) return yield* requests.ring(event.payload)
  if (isAppRequest(event.channel)) return yield* hearAppRequest(event.channel, event.payload)
  const accounts = accountIdsIn(event.payload)
  yield* logEvent.info("accounts.called", "Accounts are called to look at their sources now", { accounts })
  yield* wake.call(accounts)
})

/** Hears the database's notifications for this supervisor, for ever. After a time without a connection it looks for itself. */
export const hearOrders = Effect.gen(function* () {
  const database = yield* Database
  yield* database
    .listen([CALL_CHANNEL, ORDER_CHANNEL, REQUEST_CHANNEL, ...appRequestKinds])
    .pipe(Stream.runForEach(hear))
})
