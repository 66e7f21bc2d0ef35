import { Effect, Exit, Option, Schema } from "effect"
import {
  answerRequest,
  failAbandonedRequests,
  failRequest,
  isAsked,
  sweepRequests,
  type TakenRequest,
  takeRequest,
} from "../../db/requests.ts"
import { ChatAnswer, ChatRequest } from "../channel/chat-requests.ts"
import { logEvent } from "../log-line.ts"
import type { Cell } from "./cell.ts"
import { RequestBell } from "./request-bell.ts"

/** A notification may be lost, and a request may expire; this soon that is seen all the same. */
const SWEEP_EVERY = "1 minute"
/** Longer than the floods that TDLib and we sit out. */
const LONGEST_ANSWER = "3 minutes"

const decodeRequest = Schema.decodeUnknownExit(ChatRequest)
const encodeAnswer = Schema.encodeUnknownEffect(ChatAnswer)

/** Has the cell answer one request, and writes down what came of it. */
const answer = Effect.fn("answerRequest")(function* (cell: Pick<Cell, "account">, { id, request }: TakenRequest) {
  const decoded = decodeRequest(request)
  if (Exit.isFailure(decoded)) return yield* failRequest(id, "this worker does not know such a request: update it")
  yield* cell.account.AskChat({ request: decoded.value }).pipe(
    Effect.timeout(LONGEST_ANSWER),
    Effect.flatMap(encodeAnswer),
    Effect.matchEffect({
      onSuccess: (given) => answerRequest(id, given),
      onFailure: (error) => failRequest(id, error.message),
    }),
  )
  yield* logEvent.info("request.done", `Did what was asked: ${decoded.value._tag}`, { request: id })
})

const answerAll = (cell: Pick<Cell, "account">, accountId: string) =>
  Effect.gen(function* () {
    for (;;) {
      const taken = yield* takeRequest(accountId)
      if (Option.isNone(taken)) return yield* sweepRequests()
      yield* answer(cell, taken.value)
    }
  }).pipe(
    Effect.catch((error) =>
      logEvent.warn("request.trouble", "Requests could not be read or answered; trying again", {
        error: error.message,
      }),
    ),
    Effect.annotateLogs({ account: accountId }),
  )

/**
 * Answers what operators have asked of an account while it was not there. What an earlier life had begun is failed with
 * that reason, since some requests must not be done twice.
 */
export const answerEarlierRequests = Effect.fn("answerEarlierRequests")(function* (
  cell: Pick<Cell, "account">,
  accountId: string,
) {
  yield* Effect.ignore(failAbandonedRequests(accountId))
  yield* answerAll(cell, accountId)
})

/** Waits until nothing is asked of an account any more. Answers whether something was. */
export const untilAnswered = Effect.fn("untilAnswered")(function* (accountId: string) {
  for (let wasAsked = false; ; wasAsked = true) {
    if (!(yield* isAsked(accountId))) return wasAsked
    yield* Effect.sleep("1 second")
  }
})

/** Answers what operators ask of an account from now on, one after another, for ever. */
export const answerRequests = Effect.fn("answerRequests")(function* (cell: Pick<Cell, "account">, accountId: string) {
  const { heard } = yield* RequestBell
  return yield* Effect.raceFirst(Effect.sleep(SWEEP_EVERY), heard(accountId)).pipe(
    Effect.andThen(answerAll(cell, accountId)),
    Effect.forever,
  )
})
