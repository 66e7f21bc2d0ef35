import { Clock, Deferred, Duration, Effect, Schema, Stream } from "effect"
import type { Account } from "../../db/accounts.ts"
import { logEvent } from "../log-line.ts"
import type { AccountState } from "./account-state.ts"
import type { Cell } from "./cell.ts"
import { Orders } from "./orders.ts"
import { wallClock } from "./quiet-hours.ts"
import { delayAfterHold, type Interval, restAfter } from "./rest.ts"
import { StatusBoard } from "./status-board.ts"
import { type Hold, Timetable } from "./timetable.ts"
import { Wake } from "./wake.ts"

/** Thrown when: a cell has become larger than its soft limit, and its cycle has ended. */
export class CellRecycled extends Schema.TaggedError<CellRecycled>()("CellRecycled", {}) {
  override get message(): string {
    return "its process had grown beyond STASH_CELL_SOFT_MB and is begun anew"
  }
}

const asText = (millis: number): string => new Date(millis).toISOString()

const wordsOf = Effect.fn("AccountCycles.wordsOf")(function* (hold: Hold) {
  const { zone } = yield* Timetable
  return hold.kind === "quiet"
    ? `quiet until ${wallClock(zone, hold.until)}`
    : `paused by the operator since ${asText(hold.since)}; stash account resume lets it go on`
})

/** Moves an account to a state, or tells another reason for the one it is in. */
const stand = Effect.fn("AccountCycles.stand")(function* (accountId: string, state: AccountState, reason: string) {
  const board = yield* StatusBoard
  if ((yield* board.of(accountId))?.state === state) yield* board.change(accountId, { reason })
  else yield* board.move(accountId, state, reason)
})

/** Why a cycle ended before its end. */
type CutBy = "stop" | "hold" | "operator" | "weight"

const interrupts = (hold: Hold | undefined): boolean => hold?.kind === "paused" && hold.interrupts

/**
 * Runs one cycle. It is drained when the worker is to stop or
 * something holds the account, and cut short when the operator wants that, or when the cell has grown too large: a first
 * cycle may last for weeks, and TDLib never forgets a document that it has seen.
 * @returns what had it end; undefined when it came to its end by itself
 */
const runCycle = Effect.fn("AccountCycles.runCycle")(function* (
  cell: Cell,
  { id }: Account,
  stopping: Deferred.Deferred<void>,
) {
  const board = yield* StatusBoard
  const timetable = yield* Timetable
  const orders = yield* Orders
  let cutBy: CutBy | undefined
  const end = Effect.fn("AccountCycles.end")(function* (by: CutBy, reason: string, cuts: boolean) {
    cutBy = by
    yield* stand(id, "draining", reason)
    yield* Effect.ignore(cell.account.Drain({ interrupts: cuts }))
  })
  const onHold = (isWanted: (hold: Hold | undefined) => boolean) =>
    Effect.flatMap(timetable.until(id, isWanted), (hold) =>
      hold === undefined ? Effect.void : Effect.flatMap(wordsOf(hold), (words) => end("hold", words, interrupts(hold))),
    )
  const endings = Effect.all(
    [
      Effect.andThen(Deferred.await(stopping), end("stop", "the worker is stopping", false)),
      onHold((hold) => hold !== undefined),
      onHold(interrupts),
      Effect.andThen(orders.cancelOf(id), end("operator", "the operator ends the cycle", true)),
      Effect.andThen(cell.heavy, end("weight", "its process has grown beyond STASH_CELL_SOFT_MB", true)),
    ],
    { concurrency: "unbounded", discard: true },
  )
  yield* board.move(id, "ingesting")
  yield* Effect.raceFirst(
    Stream.runForEach(cell.account.RunCycle(), (event) => board.note(id, event)),
    Effect.andThen(endings, Effect.never),
  )
  return cutBy
})

/** When the next cycle begins, and what there is to say of the last one. */
interface Turn {
  readonly dueAt: number
  readonly note: string
}

/** What a rest is used for. It ends with the rest, and never ends that. */
const useRest = (cell: Cell): Effect.Effect<never> =>
  cell.account.CompletePackages().pipe(
    Effect.catch((error) =>
      logEvent.warn("packages.incomplete", "Packages could not be completed; tried again in the next rest", {
        error: error.message,
      }),
    ),
    Effect.andThen(Effect.never),
  )

/** Waits, visibly, until the account may begin its next cycle: held, then at rest, unless it is called. */
const awaitTurn = Effect.fn("AccountCycles.awaitTurn")(function* (
  cell: Cell,
  { id }: Account,
  turn: Turn,
  called: Effect.Effect<void>,
  interval: Interval,
) {
  const timetable = yield* Timetable
  let { dueAt, note } = turn
  for (;;) {
    const hold = yield* timetable.holdOf(id)
    const now = yield* Clock.currentTimeMillis
    const call = Effect.map(called, () => {
      dueAt = now
    })
    if (hold !== undefined) {
      yield* stand(id, hold.kind, yield* wordsOf(hold))
      yield* Effect.raceFirst(
        timetable.until(id, (other) => other?.kind !== hold.kind),
        Effect.forever(call),
      )
      const end = yield* Clock.currentTimeMillis
      const delay = hold.kind === "quiet" ? Duration.toMillis(yield* delayAfterHold(interval)) : 0
      dueAt = hold.kind === "quiet" ? Math.max(dueAt, end + delay) : end
      note = ""
    } else if (now >= dueAt) return
    else {
      yield* stand(id, "idle", `next cycle at ${asText(dueAt)}${note}`)
      const held = timetable.until(id, (other) => other !== undefined)
      yield* Effect.raceFirst(Effect.raceFirst(Effect.sleep(dueAt - now), call), held).pipe(
        Effect.raceFirst(useRest(cell)),
      )
    }
  }
})

/** Runs cycle after cycle, at their times, until the worker is to stop or the cell has grown too large. */
export const accountCycles = Effect.fn("accountCycles")(function* (
  cell: Cell,
  account: Account,
  { config, stopping }: { readonly config: Interval; readonly stopping: Deferred.Deferred<void> },
) {
  const board = yield* StatusBoard
  const called = yield* (yield* Wake).listen(account.id)
  const begun = yield* Clock.currentTimeMillis
  let putOffInARow = 0
  let turn: Turn = { dueAt: begun, note: "" }
  for (;;) {
    yield* awaitTurn(cell, account, turn, called, config)
    if (yield* Deferred.isDone(stopping)) return
    const cutBy = yield* runCycle(cell, account, stopping)
    if (yield* Deferred.isDone(stopping)) return
    if (cutBy === "weight") return yield* new CellRecycled()
    if (cutBy !== undefined) yield* cell.account.TakeUp()
    const now = yield* Clock.currentTimeMillis
    const status = yield* board.of(account.id)
    const deferred = cutBy === undefined ? (status?.counts.deferred ?? 0) : 0
    const sources = cutBy === undefined ? (status?.sourcesPutOff ?? 0) : 0
    putOffInARow = deferred + sources > 0 ? putOffInARow + 1 : 0
    if (cutBy === undefined) yield* board.change(account.id, { cyclesDone: (status?.cyclesDone ?? 0) + 1 })
    if (cell.isHeavy()) return yield* new CellRecycled()
    const rest = yield* restAfter(putOffInARow, config)
    turn = {
      // What a hold has cut short goes on right after it.
      dueAt: cutBy === "hold" ? now : now + Duration.toMillis(rest),
      note:
        cutBy === "operator"
          ? "; the operator ended the last one"
          : `${deferred > 0 ? `; ${deferred} sets put off` : ""}${sources > 0 ? `; ${sources} sources could not be read` : ""}`,
    }
  }
})
