import { Clock, Context, type DateTime, Deferred, Effect, Layer, Result } from "effect"
import { type AccountSchedule, noSchedule } from "../../db/schedules.ts"
import { logEvent } from "../log-line.ts"
import { isQuiet, nextChange, parseQuietHours, type QuietHours } from "./quiet-hours.ts"

/** Why an account begins nothing. Times in Unix milliseconds. */
export type Hold =
  /** `interrupts`: what is not being uploaded is dropped instead of finished. */
  | { readonly kind: "paused"; readonly since: number; readonly interrupts: boolean }
  | { readonly kind: "quiet"; readonly until: number }

/** The hours in which no account begins anything, unless it has hours of its own; undefined: none. */
export interface GeneralHours {
  readonly quietHours: QuietHours | undefined
  readonly zone: DateTime.TimeZone
}

/** The clock may be set, and a machine may sleep: the time is looked at anew this often. */
const LOOK_EVERY_MILLIS = 60_000

/** Says when an account may work: as the operator has it in the settings and in the accounts' schedules. */
export class Timetable extends Context.Service<
  Timetable,
  {
    /** The accounts' schedules as they are now. */
    readonly refresh: (schedules: ReadonlyArray<AccountSchedule>) => Effect.Effect<void>
    readonly scheduleOf: (accountId: string) => AccountSchedule
    /** What holds the account now; undefined when nothing does. */
    readonly holdOf: (accountId: string) => Effect.Effect<Hold | undefined>
    /** Waits until what holds the account is as wanted. */
    readonly until: (
      accountId: string,
      isWanted: (hold: Hold | undefined) => boolean,
    ) => Effect.Effect<Hold | undefined>
    readonly zone: DateTime.TimeZone
  }
>()("src/supervisor/Timetable") {
  static readonly layer = ({ quietHours: general, zone }: GeneralHours): Layer.Layer<Timetable> =>
    Layer.sync(Timetable, () => {
      let schedules: ReadonlyMap<string, AccountSchedule> = new Map()
      /** An account's own hours, where it has some: undefined are none. */
      let ownHours: ReadonlyMap<string, QuietHours | undefined> = new Map()
      let refreshed = Deferred.makeUnsafe<void>()

      const scheduleOf = (accountId: string) => schedules.get(accountId) ?? noSchedule(accountId)
      const hoursOf = (accountId: string) => (ownHours.has(accountId) ? ownHours.get(accountId) : general)

      const refresh = Effect.fn("Timetable.refresh")(function* (read: ReadonlyArray<AccountSchedule>) {
        const hours = new Map<string, QuietHours | undefined>()
        for (const { accountId, quietHours } of read) {
          if (quietHours === null) continue
          const parsed = quietHours === "none" ? Result.succeed(undefined) : parseQuietHours(quietHours)
          if (Result.isSuccess(parsed)) hours.set(accountId, parsed.success)
          else
            yield* logEvent.warn("schedule.unread", "The account's own quiet hours are not understood", {
              account: accountId,
              error: parsed.failure,
            })
        }
        ownHours = hours
        schedules = new Map(read.map((schedule) => [schedule.accountId, schedule]))
        const before = refreshed
        refreshed = Deferred.makeUnsafe()
        yield* Deferred.succeed(before, undefined)
      })

      const holdOf = (accountId: string) =>
        Effect.map(Clock.currentTimeMillis, (now): Hold | undefined => {
          const { pausedAt, pauseInterrupts } = scheduleOf(accountId)
          if (pausedAt !== null) return { kind: "paused", since: pausedAt.getTime(), interrupts: pauseInterrupts }
          const hours = hoursOf(accountId)
          if (hours === undefined || !isQuiet(hours, zone, now)) return undefined
          return { kind: "quiet", until: nextChange(hours, zone, now) }
        })

      const until = Effect.fn("Timetable.until")(function* (
        accountId: string,
        isWanted: (hold: Hold | undefined) => boolean,
      ) {
        for (;;) {
          const changed = Deferred.await(refreshed)
          const hold = yield* holdOf(accountId)
          if (isWanted(hold)) return hold
          const hours = hoursOf(accountId)
          const now = yield* Clock.currentTimeMillis
          const change = hours === undefined ? Number.POSITIVE_INFINITY : nextChange(hours, zone, now) - now
          yield* Effect.raceFirst(Effect.sleep(Math.min(change, LOOK_EVERY_MILLIS)), changed)
        }
      })

      return Timetable.of({ refresh, scheduleOf, holdOf, until, zone })
    })
}
