import { Effect, Option, Schema } from "effect"
import { giveOrder } from "./account-states.ts"
import { first, rows, run, transaction } from "./statement.ts"

/** When an account may work, and how fast, where the operator says something of it. */
export const AccountSchedule = Schema.Struct({
  accountId: Schema.String,
  /** Null: it is not paused. */
  pausedAt: Schema.NullOr(Schema.Date),
  /** What is not being uploaded when the pause comes is dropped instead of finished. */
  pauseInterrupts: Schema.Boolean,
  /** As STASH_QUIET_HOURS, or `none`; null: as that says. */
  quietHours: Schema.NullOr(Schema.String),
  /** Megabits a second; null: no limit of its own. */
  maxDownloadMbit: Schema.NullOr(Schema.Number),
  maxUploadMbit: Schema.NullOr(Schema.Number),
})
export type AccountSchedule = typeof AccountSchedule.Type

export const accountSchedules = () =>
  rows(
    "accountSchedules",
    AccountSchedule,
    (sql) => sql`
      select "accountId", "pausedAt", "pauseInterrupts", "quietHours", "maxDownloadMbit", "maxUploadMbit"
      from stash_account_schedules`,
  )

/** What an operator has said of an account's times and speed; all null when nothing. */
export const scheduleOf = (accountId: string) =>
  first(
    "scheduleOf",
    AccountSchedule,
    (sql) => sql`
      select "accountId", "pausedAt", "pauseInterrupts", "quietHours", "maxDownloadMbit", "maxUploadMbit"
      from stash_account_schedules where "accountId" = ${accountId}`,
  ).pipe(Effect.map(Option.getOrElse(() => noSchedule(accountId))))

export const noSchedule = (accountId: string): AccountSchedule => ({
  accountId,
  pausedAt: null,
  pauseInterrupts: false,
  quietHours: null,
  maxDownloadMbit: null,
  maxUploadMbit: null,
})

/** Tells running supervisors to read the schedules anew, once what was written is there. */
const thenReview = <A, E, R>(write: Effect.Effect<A, E, R>) =>
  transaction(
    "schedule",
    Effect.tap(write, () => giveOrder({ order: "review" })),
  )

/** Pauses an account; one that is paused already stays so since it was. `interrupts`: see `pauseInterrupts`. */
export const pauseAccount = (accountId: string, interrupts: boolean) =>
  thenReview(
    run(
      "pauseAccount",
      (sql) => sql`
        insert into stash_account_schedules ("accountId", "pausedAt", "pauseInterrupts")
        values (${accountId}, now(), ${interrupts})
        on conflict ("accountId") do update set
          "pausedAt" = coalesce(stash_account_schedules."pausedAt", now()),
          "pauseInterrupts" = excluded."pauseInterrupts"`,
    ),
  )

/** Lets a paused account go on. False: it was not paused. */
export const resumeAccount = (accountId: string) =>
  thenReview(
    run(
      "resumeAccount",
      (sql) => sql`
        update stash_account_schedules set "pausedAt" = null, "pauseInterrupts" = false
        where "accountId" = ${accountId} and "pausedAt" is not null`,
    ),
  ).pipe(Effect.map((written) => written > 0))

/** Sets an account's own quiet hours and limits. */
export const setSchedule = (
  schedule: Pick<AccountSchedule, "accountId" | "quietHours" | "maxDownloadMbit" | "maxUploadMbit">,
) =>
  thenReview(
    run(
      "setSchedule",
      (sql) => sql`
        insert into stash_account_schedules ("accountId", "quietHours", "maxDownloadMbit", "maxUploadMbit")
        values (${schedule.accountId}, ${schedule.quietHours}, ${schedule.maxDownloadMbit}, ${schedule.maxUploadMbit})
        on conflict ("accountId") do update set
          "quietHours" = excluded."quietHours", "maxDownloadMbit" = excluded."maxDownloadMbit",
          "maxUploadMbit" = excluded."maxUploadMbit"`,
    ),
  )
