/** Where an account stands. */
export const accountStates = [
  "starting",
  "authorising",
  "settling",
  "ingesting",
  "draining",
  "idle",
  "paused",
  "quiet",
  "backing_off",
  "parked",
  "stopped",
] as const
export type AccountState = (typeof accountStates)[number]

/** The allowed moves: every other one is a bug. */
const moves: Readonly<Record<AccountState, ReadonlyArray<AccountState>>> = {
  starting: ["authorising", "backing_off", "parked", "stopped"],
  authorising: ["settling", "backing_off", "parked", "stopped"],
  settling: ["ingesting", "idle", "paused", "quiet", "backing_off", "parked", "stopped"],
  ingesting: ["idle", "paused", "quiet", "draining", "backing_off", "parked", "stopped"],
  draining: ["idle", "paused", "quiet", "backing_off", "parked", "stopped"],
  idle: ["ingesting", "paused", "quiet", "backing_off", "parked", "stopped"],
  paused: ["ingesting", "idle", "quiet", "backing_off", "parked", "stopped"],
  quiet: ["ingesting", "idle", "paused", "backing_off", "parked", "stopped"],
  backing_off: ["starting", "stopped"],
  parked: ["starting", "stopped"],
  stopped: ["starting"],
}

export const isAllowedMove = (from: AccountState, to: AccountState): boolean => moves[from].includes(to)
