/** Where an account stands. */
export const accountStates = [
  "starting",
  "authorising",
  "settling",
  "ingesting",
  "draining",
  "idle",
  "backing_off",
  "parked",
  "stopped",
] as const
export type AccountState = (typeof accountStates)[number]

/** The allowed moves: every other one is a bug. */
const moves: Readonly<Record<AccountState, ReadonlyArray<AccountState>>> = {
  starting: ["authorising", "backing_off", "parked", "stopped"],
  authorising: ["settling", "backing_off", "parked", "stopped"],
  settling: ["ingesting", "backing_off", "parked", "stopped"],
  ingesting: ["idle", "draining", "backing_off", "parked", "stopped"],
  draining: ["backing_off", "parked", "stopped"],
  idle: ["ingesting", "backing_off", "parked", "stopped"],
  backing_off: ["starting", "stopped"],
  parked: ["starting", "stopped"],
  stopped: ["starting"],
}

export const isAllowedMove = (from: AccountState, to: AccountState): boolean => moves[from].includes(to)
