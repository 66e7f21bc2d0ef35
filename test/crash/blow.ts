import { setTimeout as sleep } from "node:timers/promises"
import type { Fault, FaultPoint } from "../../src/fault-point.ts"
import type { Rig } from "./rig.ts"

/** What is done to the worker when a point is reached. */
export const blows = [
  "kill cell",
  "kill supervisor",
  "kill everything",
  "kill everything with Postgres",
  "kill lock sessions",
  "kill database sessions",
  "restart Postgres",
] as const
export type Blow = (typeof blows)[number]

/** One blow of a run: at the nth visit to a point, or after some milliseconds at a random place. */
export type Strike =
  | { readonly blow: Blow; readonly point: FaultPoint; readonly nth: number }
  | { readonly blow: "kill everything"; readonly afterMilliseconds: number }

export const nameOf = (strike: Strike): string =>
  "point" in strike
    ? `${strike.blow} at ${strike.point}, visit ${strike.nth}`
    : `${strike.blow} after ${strike.afterMilliseconds} ms`

export const faultOf = (strike: Extract<Strike, { point: FaultPoint }>): Fault => ({
  point: strike.point,
  nth: strike.nth,
  what: strike.blow === "kill cell" || strike.blow === "kill supervisor" ? strike.blow : "hold",
})

const endSessions = (rig: Rig, where: string) =>
  rig.query(`select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and ${where}`)

/** Does what the point itself cannot do; the account stands still at it meanwhile. */
export const deal = async (rig: Rig, blow: Blow): Promise<void> => {
  switch (blow) {
    case "kill cell":
      // The supervisor starts another one by itself.
      return
    case "kill supervisor":
      // Its cells notice and end by themselves.
      await rig.untilGone(40_000)
      return
    case "kill everything":
      await rig.killWorker()
      return
    case "kill everything with Postgres":
      await rig.killWorker()
      await rig.crashPostgres()
      return
    case "kill lock sessions":
      await endSessions(rig, "application_name like 'lock:%'")
      break
    case "kill database sessions":
      await endSessions(rig, "application_name like 'stash:%' or application_name like 'lock:%'")
      break
    case "restart Postgres":
      await rig.crashPostgres()
      break
  }
  await sleep(50)
  await rig.release()
}
