import { setTimeout as sleep } from "node:timers/promises"
import { childrenOf } from "../process-group.ts"
import type { Worker } from "../worker-process.ts"
import type { Rig } from "./rig.ts"

/** What is done to a worker that stands at a point. */
export const blows = [
  "kill cell",
  "kill supervisor",
  "kill everything",
  "kill everything with Postgres",
  "kill lock sessions",
  "kill database sessions",
  "restart Postgres",
  "freeze",
  "overtake",
] as const
export type Blow = (typeof blows)[number]

/** What can be done to a worker wherever it is. */
export const timedBlows = [
  "kill cell",
  "kill everything",
  "kill everything with Postgres",
  "kill lock sessions",
  "kill database sessions",
  "restart Postgres",
] as const satisfies ReadonlyArray<Blow>
export type TimedBlow = (typeof timedBlows)[number]

/** Longer than the server waits for a lock session's heartbeat: its locks are free when the worker wakes up. */
const FREEZE_MILLISECONDS = 17_000
/** An account that stands still at a point is let go after 30 s by itself (src/fault-point.ts). */
const OVERTAKE_LIMIT = 15_000

/** The lock sessions that hold an account; those of a worker that only waits for it do not. */
const HOLDS_ACCOUNT = `pid in (select pid from pg_locks where locktype = 'advisory' and objsubid = 2)`

const endSessions = (rig: Rig, where: string) =>
  rig.query(`select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and ${where}`)

const killCell = (worker: Worker): void => {
  const [cell] = childrenOf(worker.pid, "warden.ts")
  if (cell !== undefined) process.kill(cell, "SIGKILL")
}

/** Takes the accounts' locks away and waits until the other worker has them, while this one still believes in them. */
const letOvertake = async (rig: Rig): Promise<void> => {
  const before = new Set(await rig.accountHolders())
  await endSessions(rig, `application_name like 'lock:%' and ${HOLDS_ACCOUNT}`)
  const end = performance.now() + OVERTAKE_LIMIT
  const isOvertaken = async () => (await rig.accountHolders()).filter((pid) => !before.has(pid)).length > 0
  while (!(await isOvertaken()) && performance.now() < end) await sleep(100)
  // The other one settles and begins to work.
  await sleep(1500)
}

/** Does what the point itself cannot do, to the worker whose account stands still at it, and lets that one go on. */
export const deal = async (rig: Rig, blow: Blow, worker: Worker): Promise<void> => {
  switch (blow) {
    case "kill cell":
      // Done at the point; the supervisor starts another one by itself.
      return
    case "kill supervisor":
      // Done at the point; its cells notice and end by themselves.
      await worker.untilGone(40_000)
      return
    case "freeze":
      worker.freeze()
      await sleep(FREEZE_MILLISECONDS)
      worker.thaw()
      break
    case "overtake":
      await letOvertake(rig)
      break
    default:
      await dealAnywhere(rig, blow, worker)
      if (!worker.isAlive) return
  }
  await sleep(50)
  await rig.release()
}

/** Strikes a worker that may be anywhere. */
export const dealAnywhere = async (rig: Rig, blow: TimedBlow, worker: Worker): Promise<void> => {
  switch (blow) {
    case "kill cell":
      killCell(worker)
      return
    case "kill everything":
      await worker.kill()
      return
    case "kill everything with Postgres":
      await rig.killWorkers()
      await rig.crashPostgres()
      return
    case "kill lock sessions":
      await endSessions(rig, "application_name like 'lock:%'")
      return
    case "kill database sessions":
      await endSessions(rig, "application_name like 'stash:%' or application_name like 'lock:%'")
      return
    case "restart Postgres":
      await rig.crashPostgres()
      return
  }
}
