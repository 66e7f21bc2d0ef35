import { Effect } from "effect"
import { type AccountStanding, giveOrder, setActive } from "../../db/account-states.ts"
import { callAccounts } from "../../db/channels.ts"
import { pauseAccount, resumeAccount } from "../../db/schedules.ts"

/** What an account does now: what its supervisor said last, unless nobody runs it any more. */
export const stateNow = ({ isActive, isAlive, pausedAt, state }: AccountStanding): string => {
  if (!isActive && (state === null || !isAlive)) return "disabled"
  if (pausedAt !== null && !isAlive) return "paused"
  if (state === null) return "not run yet"
  const rests = state === "parked" || state === "stopped" || state === "backing_off" || state === "starting"
  return isAlive || rests ? state : `not running (was ${state})`
}

/** When an account that is called begins its next cycle. */
export const whenCalled = (account: AccountStanding): string => {
  switch (stateNow(account)) {
    case "disabled":
      return "is disabled: stash account enable lets it run"
    case "paused":
      return "is paused, and begins when stash account resume lets it"
    case "quiet":
      return "begins when its quiet hours end"
    case "ingesting":
    case "draining":
      return "begins again as soon as its present cycle ends"
    case "parked":
      return "was parked, and is tried again now"
    case "idle":
      return "begins now"
    default:
      return account.isAlive ? "begins as soon as it is ready" : "begins when a worker runs it"
  }
}

const cancel = (account: AccountStanding) => {
  const state = stateNow(account)
  if (state !== "ingesting" && state !== "draining")
    return Effect.succeed(`The account has no cycle running: it is ${state}.`)
  return Effect.as(giveOrder({ order: "cancel", accountId: account.id }), "A running worker ends the cycle now.")
}

const pause = (account: AccountStanding, interrupts: boolean) =>
  Effect.as(
    pauseAccount(account.id, interrupts),
    !account.isActive
      ? "The account is disabled as well: enabled again, it is paused."
      : account.isAlive
        ? `The account is paused; ${interrupts ? "parts that are being uploaded arrive still" : "sets that are under way are finished"}.`
        : "The account is paused.",
  )

const resume = (account: AccountStanding) =>
  Effect.map(resumeAccount(account.id), (wasPaused) => {
    if (!account.isActive) return "The account is disabled: stash account enable lets it run."
    return wasPaused ? "The account is not paused any more." : "The account was not paused."
  })

export const accountTurns = ["run", "cancel", "pause", "pause_now", "resume", "restart", "disable", "enable"] as const
/** What an operator may have an account do; `pause_now` does not finish the sets that are under way. */
export type AccountTurn = (typeof accountTurns)[number]

/** Has an account do it, through whichever worker runs it; says in a sentence what comes of it. */
export const turnAccount = (account: AccountStanding, turn: AccountTurn) => {
  const { id } = account
  switch (turn) {
    case "run":
      return Effect.as(callAccounts([id]), `The account ${whenCalled(account)}.`)
    case "cancel":
      return cancel(account)
    case "pause":
      return pause(account, false)
    case "pause_now":
      return pause(account, true)
    case "resume":
      return resume(account)
    case "restart":
      return Effect.as(giveOrder({ order: "restart", accountId: id }), "A running worker restarts the account now.")
    case "disable":
      return Effect.as(setActive(id, false), "The account is disabled; a running worker closes it now.")
    case "enable":
      return Effect.as(setActive(id, true), "The account is enabled; a running worker starts it now.")
  }
}
