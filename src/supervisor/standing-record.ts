import { hostname } from "node:os"
import { Effect, Stream, SubscriptionRef } from "effect"
import { noteStanding } from "../../db/account-states.ts"
import { logEvent } from "../log-line.ts"
import { type AccountStatus, type Status, StatusBoard } from "./status-board.ts"

const supervisor = `${hostname()}:${process.pid}`

const LAST_WRITE_LIMIT = "2 seconds"

const wordsOf = ({ lastRestart, reason, restarts, since, state }: AccountStatus) => ({
  state,
  reason,
  restarts,
  lastRestart,
  since,
})

/**
 * Writes every account's state to the database as it moves, so that commands, and whoever looks after a crash, know it.
 * Only the newest state matters: what changes while the database is slow is skipped. When the scope ends, the last ones
 * are written: to be called before whatever moves accounts at the end.
 */
export const recordStandings = Effect.fn("recordStandings")(function* () {
  const board = yield* StatusBoard
  const written = new Map<string, string>()
  const write = Effect.fn("writeStanding")(function* (account: AccountStatus) {
    const standing = wordsOf(account)
    const text = JSON.stringify(standing)
    if (written.get(account.accountId) === text) return
    yield* noteStanding({ accountId: account.accountId, supervisor, ...standing })
    written.set(account.accountId, text)
  })
  const writeAll = ({ accounts }: Status) =>
    Effect.forEach(accounts.values(), write, { discard: true }).pipe(
      Effect.catch((error) =>
        logEvent.warn("state.unwritten", "The accounts' states could not be stored", { error: error.message }),
      ),
    )
  yield* Effect.addFinalizer(() =>
    Effect.ignore(Effect.timeout(Effect.flatMap(SubscriptionRef.get(board.status), writeAll), LAST_WRITE_LIMIT)),
  )
  yield* SubscriptionRef.changes(board.status).pipe(
    Stream.buffer({ capacity: 1, strategy: "sliding" }),
    Stream.runForEach(writeAll),
    Effect.forkScoped,
  )
})
