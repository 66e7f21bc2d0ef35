import { Clock, Context, Effect, Layer, SubscriptionRef } from "effect"
import type { CycleEvent, Outcome, Stage } from "../channel/account-rpcs.ts"
import { logEvent, maskPhone } from "../log-line.ts"
import { accountLabel, type NamedAccount } from "./account-label.ts"
import { type AccountState, isAllowedMove } from "./account-state.ts"
import { type Counted, count, countEvent, introduce } from "./meters.ts"

/** What one account does right now with one set. */
export interface Activity {
  readonly name: string
  readonly stage: Stage | "queued"
  readonly doneBytes: number
  readonly totalBytes: number
}

export interface AccountStatus {
  readonly accountId: string
  /** Masked. */
  readonly phone: string
  /** What metrics call it: its name, or its masked phone; no other account has it. */
  readonly label: string
  readonly state: AccountState
  /** Why it waits; empty while it works. */
  readonly reason: string
  /** Unix milliseconds of the last move. */
  readonly since: number
  /** Whether it has come further than its first start since the worker runs, or was stopped in it. */
  readonly hasStarted: boolean
  /** Of its cell, while there is one. */
  readonly processId: number | null
  readonly isPremium: boolean
  /** By set key; at most as many as sets travel at once. */
  readonly activities: ReadonlyMap<string, Activity>
  readonly cyclesDone: number
  readonly restarts: number
  /** Why it was begun anew last, and when in Unix milliseconds; null: not since the worker runs. */
  readonly lastRestart: { readonly reason: string; readonly at: number } | null
  /** Sets by outcome in the last or running cycle. */
  readonly counts: Readonly<Record<Outcome, number>>
  /** Sources of the last or running cycle that could not be read. */
  readonly failedSources: ReadonlyArray<string>
  /** How many of these are to be tried again soon. */
  readonly sourcesPutOff: number
}

/** How a set left, as the operator sees it. */
export interface SetRecord {
  readonly accountId: string
  readonly setKey: string
  readonly name: string
  readonly sourceTitle: string
  readonly outcome: Outcome
  readonly reason: string
  readonly contentHash: string | null
  readonly parts: number
  readonly bytes: number
}

export interface Status {
  readonly accounts: ReadonlyMap<string, AccountStatus>
  /** The newest departures, newest last; at most {@link REMEMBERED_SETS}. */
  readonly sets: ReadonlyArray<SetRecord>
}

const REMEMBERED_SETS = 1_000
const noCounts: AccountStatus["counts"] = { published: 0, duplicate: 0, skipped: 0, waiting: 0, deferred: 0 }

const withActivity = (
  activities: AccountStatus["activities"],
  setKey: string,
  activity: Activity | undefined,
): AccountStatus["activities"] => {
  const next = new Map(activities)
  if (activity === undefined) next.delete(setKey)
  else next.set(setKey, activity)
  return next
}

const noteOnAccount = (account: AccountStatus, event: CycleEvent): AccountStatus => {
  switch (event._tag) {
    case "SourceReading":
    case "SourceScanned":
      return account
    case "SourceFailed":
      return {
        ...account,
        failedSources: [...account.failedSources, `${event.title}: ${event.reason}`],
        sourcesPutOff: account.sourcesPutOff + (event.isPassing ? 1 : 0),
      }
    case "SetStarted": {
      const queued: Activity = { name: event.name, stage: "queued", doneBytes: 0, totalBytes: event.bytes }
      return { ...account, activities: withActivity(account.activities, event.setKey, queued) }
    }
    case "SetProgress":
      return { ...account, activities: withActivity(account.activities, event.setKey, event) }
    case "SetKnown":
      return { ...account, activities: withActivity(account.activities, event.setKey, undefined) }
    case "SetLeft":
      return {
        ...account,
        activities: withActivity(account.activities, event.setKey, undefined),
        counts: { ...account.counts, [event.outcome]: account.counts[event.outcome] + 1 },
      }
  }
}

/** The state of the whole worker, for whoever shows it: terminal, console, demo. One writer: the supervisor. */
export class StatusBoard extends Context.Service<
  StatusBoard,
  {
    readonly status: SubscriptionRef.SubscriptionRef<Status>
    readonly enter: (account: NamedAccount) => Effect.Effect<void>
    /** Moves an account to a state. A move that is not allowed is logged as a bug and made all the same. */
    readonly move: (accountId: string, state: AccountState, reason?: string) => Effect.Effect<void>
    readonly note: (accountId: string, event: CycleEvent) => Effect.Effect<void>
    /** Adds to what is counted of an account. */
    readonly count: (accountId: string, counted: ReadonlyArray<Counted>) => Effect.Effect<void>
    readonly change: (accountId: string, change: Partial<AccountStatus>) => Effect.Effect<void>
    readonly of: (accountId: string) => Effect.Effect<AccountStatus | undefined>
  }
>()("src/supervisor/StatusBoard") {
  static readonly layer = Layer.effect(
    StatusBoard,
    Effect.map(SubscriptionRef.make<Status>({ accounts: new Map(), sets: [] }), (status) => {
      const update = (accountId: string, f: (account: AccountStatus) => AccountStatus) =>
        SubscriptionRef.update(status, (before) => {
          const account = before.accounts.get(accountId)
          if (account === undefined) return before
          return { ...before, accounts: new Map(before.accounts).set(accountId, f(account)) }
        })
      const of = (accountId: string) =>
        Effect.map(SubscriptionRef.get(status), ({ accounts }) => accounts.get(accountId))

      const onLabel = (accountId: string, use: (label: string) => Effect.Effect<void>) =>
        Effect.flatMap(of(accountId), (account) => (account === undefined ? Effect.void : use(account.label)))

      const enter = Effect.fn("StatusBoard.enter")(function* (account: NamedAccount) {
        const since = yield* Clock.currentTimeMillis
        const { accounts } = yield* SubscriptionRef.get(status)
        const others = [...accounts.values()].filter(({ accountId }) => accountId !== account.id)
        const label = accountLabel(account, new Set(others.map((other) => other.label)))
        yield* introduce(label)
        const fresh: AccountStatus = {
          accountId: account.id,
          phone: maskPhone(account.phone),
          label,
          state: "stopped",
          reason: "",
          since,
          hasStarted: false,
          processId: null,
          isPremium: false,
          activities: new Map(),
          cyclesDone: 0,
          restarts: 0,
          lastRestart: null,
          counts: noCounts,
          failedSources: [],
          sourcesPutOff: 0,
        }
        yield* SubscriptionRef.update(status, (before) => ({
          ...before,
          accounts: new Map(before.accounts).set(account.id, fresh),
        }))
      })

      const move = Effect.fn("StatusBoard.move")(function* (accountId: string, state: AccountState, reason = "") {
        const before = yield* of(accountId)
        if (before === undefined) return
        if (!isAllowedMove(before.state, state))
          yield* logEvent.error("account.bad_move", `Move from ${before.state} to ${state} is not allowed`, {
            account: accountId,
          })
        yield* logEvent.info("account.moved", `${before.phone} is ${state}`, {
          account: accountId,
          from: before.state,
          to: state,
          reason,
        })
        const since = yield* Clock.currentTimeMillis
        const cycleStart = state === "ingesting" ? { counts: noCounts, failedSources: [], sourcesPutOff: 0 } : {}
        yield* update(accountId, (account) => ({
          ...account,
          ...cycleStart,
          state,
          reason,
          since,
          hasStarted: account.hasStarted || state !== "starting",
          activities: state === "ingesting" || state === "draining" ? account.activities : new Map(),
        }))
      })

      const note = (accountId: string, event: CycleEvent) => {
        const onAccount = update(accountId, (account) => noteOnAccount(account, event))
        const noted = Effect.andThen(
          onAccount,
          onLabel(accountId, (label) => countEvent(label, event)),
        )
        if (event._tag !== "SetLeft") return noted
        const { _tag, ...departure } = event
        return Effect.andThen(
          noted,
          SubscriptionRef.update(status, (before) => ({
            ...before,
            sets: [...before.sets, { accountId, ...departure }].slice(-REMEMBERED_SETS),
          })),
        )
      }

      return StatusBoard.of({
        status,
        enter,
        move,
        note,
        count: (accountId, counted) => onLabel(accountId, (label) => count(label, counted)),
        of,
        change: (accountId, change) => update(accountId, (account) => ({ ...account, ...change })),
      })
    }),
  )
}
