import { Effect } from "effect"
import { stages } from "../channel/account-rpcs.ts"
import type { AccountStatus, Activity } from "../supervisor/status-board.ts"
import { gauge, total } from "./looked-up.ts"
import { residentBytes } from "./process-facts.ts"

const accounts = gauge("stash_accounts", "Accounts by state")
const state = gauge("stash_account_state", "1 for the state in which an account is")
const since = gauge("stash_account_state_since_seconds", "Since when it is in that state, as Unix time")
const parked = gauge("stash_account_parked", "1 for an account that is parked, with the reason")
const cycles = total("stash_account_cycles_total", "Cycles that an account has completed")
const underWay = gauge("stash_sets_under_way", "Archive sets on their way, by stage; queued ones wait for a place")
const unsettled = gauge("stash_sets_unsettled", "Archive sets that the last or running cycle has left unsettled")
const unreadable = gauge("stash_sources_unreadable", "Sources that the last or running cycle could not read")
const cellMemory = gauge("stash_cell_resident_memory_bytes", "Resident memory of an account's process")

const LONGEST_REASON = 120

const allStages: ReadonlyArray<Activity["stage"]> = ["queued", ...stages]

const gaugeAccount = Effect.fnUntraced(function* (status: AccountStatus) {
  const account = status.label
  const activities = [...status.activities.values()]
  yield* state(1, { account, state: status.state })
  yield* since(status.since / 1000, { account })
  if (status.state === "parked") yield* parked(1, { account, reason: status.reason.slice(0, LONGEST_REASON) })
  yield* cycles(status.cyclesDone, { account })
  for (const stage of allStages)
    yield* underWay(activities.filter((activity) => activity.stage === stage).length, { account, stage })
  for (const outcome of ["waiting", "deferred"] as const) yield* unsettled(status.counts[outcome], { account, outcome })
  yield* unreadable(status.failedSources.length, { account })
  if (status.processId !== null) yield* cellMemory(yield* residentBytes(status.processId), { account })
})

/** What every account is doing now. */
export const gaugeAccounts = Effect.fnUntraced(function* (statuses: ReadonlyArray<AccountStatus>) {
  const byState = new Map<string, number>([["parked", 0]])
  for (const status of statuses) byState.set(status.state, (byState.get(status.state) ?? 0) + 1)
  for (const [name, count] of byState) yield* accounts(count, { state: name })
  yield* Effect.forEach(statuses, gaugeAccount, { discard: true })
})
