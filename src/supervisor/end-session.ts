import { Effect, Layer, Redacted } from "effect"
import type { AccountStanding } from "../../db/account-states.ts"
import type { Config } from "../config.ts"
import { CpuPool } from "../cpu/pool.ts"
import type { LogWriter } from "../log.ts"
import { Bandwidth } from "./bandwidth.ts"
import { connectToSandbox } from "./sandbox-connection.ts"
import { startAccountCell } from "./start-account-cell.ts"
import { StatusBoard } from "./status-board.ts"
import { Timetable } from "./timetable.ts"
import { Wake } from "./wake.ts"

/** Only warnings are worth an operator's attention while a command runs. */
const logs: LogWriter = {
  write: ({ level, message }) => {
    if (level !== "trace" && level !== "debug" && level !== "info") process.stderr.write(`${message}\n`)
  },
}

/** A cell may ask for all of this; one that logs out does not. */
const layerUnused = (config: Config) =>
  Layer.mergeAll(
    Wake.layer,
    StatusBoard.layer,
    CpuPool.layer({ threads: 1, limits: config.cpuLimits }),
    Bandwidth.layer(config.maxSpeed).pipe(
      Layer.provide(Timetable.layer({ quietHours: config.quietHours, zone: config.timeZone })),
    ),
  )

/**
 * Ends an account's session at Telegram, in a cell of its own that does nothing else; answers whether there was one. The
 * account must run nowhere. Fails with what kept it from that: `AccountError`, `CellEnded`, `SandboxUnreachable`.
 */
export const endSession = Effect.fn("endSession")(
  function* (account: Pick<AccountStanding, "id" | "phone">, config: Config, databaseUrl: string) {
    const sandbox = config.sandboxUrl === undefined ? undefined : yield* connectToSandbox(config.sandboxUrl)
    const foundations = { config, databaseUrl: Redacted.make(databaseUrl), sandbox, logs }
    const cell = yield* startAccountCell(account, foundations)
    return yield* Effect.raceFirst(cell.account.EndSession(), cell.ended)
  },
  (effect, _, config) => Effect.scoped(Effect.provide(effect, layerUnused(config))),
)
