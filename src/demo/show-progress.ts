import { Effect, Schedule, SubscriptionRef } from "effect"
import type { AccountStatus, Activity, SetRecord } from "../supervisor/status-board.ts"
import { StatusBoard } from "../supervisor/status-board.ts"

const BAR_CELLS = 20

const bar = ({ doneBytes, totalBytes }: Activity): string => {
  const full = totalBytes === 0 ? BAR_CELLS : Math.round((BAR_CELLS * doneBytes) / totalBytes)
  return "█".repeat(full).padEnd(BAR_CELLS, "░")
}

const activityLine = (activity: Activity): string =>
  `    ${bar(activity)} ${activity.stage.padEnd(11)} ${activity.name}`

const accountLines = (account: AccountStatus): ReadonlyArray<string> => [
  `  ${account.phone} ${account.isPremium ? "premium" : "free   "} ${account.state}${account.reason === "" ? "" : ` (${account.reason})`}`,
  ...[...account.activities.values()].map(activityLine),
]

const departureLine = (set: SetRecord): string =>
  `  ${set.outcome.padEnd(9)} ${set.name}${set.reason === "" ? "" : `: ${set.reason}`}`

/**
 * Shows what the worker does while it does it: in a terminal a live view below the departures, elsewhere one line per
 * departure. Runs until interrupted.
 */
export const showProgress = Effect.fn("showProgress")(function* (write: (text: string) => void, isTerminal: boolean) {
  const board = yield* StatusBoard
  let shownSets = 0
  let liveLines = 0
  const erase = () => {
    if (liveLines > 0) write(`\x1b[${liveLines}F\x1b[J`)
    liveLines = 0
  }
  const draw = Effect.map(SubscriptionRef.get(board.status), ({ accounts, sets }) => {
    erase()
    for (const set of sets.slice(shownSets)) write(`${departureLine(set)}\n`)
    shownSets = sets.length
    if (!isTerminal) return
    const width = (process.stdout.columns ?? 100) - 1
    const lines = [...accounts.values()].flatMap(accountLines)
    write(lines.map((line) => `${line.slice(0, width)}\n`).join(""))
    liveLines = lines.length
  })
  yield* draw.pipe(Effect.repeat(Schedule.spaced("150 millis")), Effect.ensuring(Effect.sync(erase)))
})
