import { Schema } from "effect"
import { outcomes, stages } from "../channel/account-rpcs.ts"
import { accountStates } from "../supervisor/account-state.ts"
import type { Status } from "../supervisor/status-board.ts"

const Activity = Schema.Struct({
  name: Schema.String,
  stage: Schema.Literals(["queued", ...stages]),
  doneBytes: Schema.Number,
  totalBytes: Schema.Number,
})

const AccountView = Schema.Struct({
  id: Schema.String,
  label: Schema.String,
  phone: Schema.String.annotate({ description: "masked" }),
  state: Schema.Literals(accountStates),
  reason: Schema.String.annotate({ description: "why it waits, and until when; empty while it works" }),
  since: Schema.Number.annotate({ description: "Unix milliseconds of its last move" }),
  isPremium: Schema.Boolean,
  cyclesDone: Schema.Int,
  restarts: Schema.Int,
  lastRestart: Schema.NullOr(Schema.Struct({ reason: Schema.String, at: Schema.Number })).annotate({
    description: "why it was begun anew last, and when in Unix milliseconds; null: not since the worker runs",
  }),
  activities: Schema.Array(Activity),
  counts: Schema.Record(Schema.Literals(outcomes), Schema.Int).annotate({
    description: "sets by outcome in the last or running cycle",
  }),
  failedSources: Schema.Array(Schema.String),
})

const Departure = Schema.Struct({
  accountId: Schema.String,
  name: Schema.String,
  sourceTitle: Schema.String,
  outcome: Schema.Literals(outcomes),
  reason: Schema.String,
  parts: Schema.Int,
  bytes: Schema.Number,
})

/** What the worker does now, as the console shows it. */
export const StatusView = Schema.Struct({
  at: Schema.Number.annotate({ description: "Unix milliseconds, by the worker's clock" }),
  accounts: Schema.Array(AccountView),
  departures: Schema.Array(Departure).annotate({ description: "how the last sets left a cycle, newest first" }),
})
export type StatusView = typeof StatusView.Type

const DEPARTURES = 30

export const viewOf = ({ accounts, sets }: Status, at: number): StatusView => ({
  at,
  accounts: [...accounts.values()].map(({ accountId, activities, ...account }) => ({
    id: accountId,
    label: account.label,
    phone: account.phone,
    state: account.state,
    reason: account.reason,
    since: account.since,
    isPremium: account.isPremium,
    cyclesDone: account.cyclesDone,
    restarts: account.restarts,
    lastRestart: account.lastRestart,
    activities: [...activities.values()].map(({ doneBytes, name, stage, totalBytes }) => ({
      name,
      stage,
      doneBytes,
      totalBytes,
    })),
    counts: account.counts,
    failedSources: account.failedSources,
  })),
  departures: sets
    .slice(-DEPARTURES)
    .reverse()
    .map(({ accountId, bytes, name, outcome, parts, reason, sourceTitle }) => ({
      accountId,
      name,
      sourceTitle,
      outcome,
      reason,
      parts,
      bytes,
    })),
})
