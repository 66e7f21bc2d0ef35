import { rename, writeFile } from "node:fs/promises"
import { cellFaultPath, cellFaults } from "../../src/cell-fault.ts"
import type { WorkerStage } from "../worker-stage.ts"

/** What strikes one account's cell. */
export const cellStrikes = ["kill", "freeze", ...cellFaults] as const
export type CellStrike = (typeof cellStrikes)[number]

/** What strikes all accounts together; staying or coming back is the rule then. */
export const commonStrikes = ["restart Postgres", "restart Telegram"] as const
export type CommonStrike = (typeof commonStrikes)[number]

export type FaultName = CellStrike | CommonStrike
export const faultNames: ReadonlyArray<FaultName> = [...cellStrikes, ...commonStrikes]

/** Whether the cell itself says that it begins to suffer (src/cell-fault.ts). */
export const isSuffered = (what: FaultName): boolean => (cellFaults as ReadonlyArray<string>).includes(what)

/** Strikes the account whose cell is the process `pid`. */
export const strikeCell = async (
  stage: WorkerStage,
  what: CellStrike,
  victim: { readonly accountId: string; readonly pid: number },
): Promise<void> => {
  if (what === "kill" || what === "freeze") {
    process.kill(victim.pid, what === "kill" ? "SIGKILL" : "SIGSTOP")
    return
  }
  const path = cellFaultPath(stage.faultFolder, victim.accountId)
  // In one step, since the cell may be looking.
  await writeFile(`${path}.new`, JSON.stringify({ what }))
  await rename(`${path}.new`, path)
}

/** `milliseconds`: how long Telegram is away. */
export const strikeAll = (stage: WorkerStage, what: CommonStrike, milliseconds: number): Promise<void> =>
  what === "restart Postgres" ? stage.database.crash() : stage.restartTelegram(milliseconds)
