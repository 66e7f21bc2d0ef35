import type { Fault, FaultPoint } from "../../src/fault-point.ts"
import type { FaultRule } from "../../src/sandbox/faults/fault-rule.ts"
import type { Blow, TimedBlow } from "./blow.ts"

/** A blow when the worker comes to a point for the nth time. */
export interface PointStrike {
  readonly blow: Blow
  readonly point: FaultPoint
  readonly nth: number
}

/** A blow at a random place: so many milliseconds after the worker was started, or after the strike before. */
export interface TimedStrike {
  readonly blow: TimedBlow
  readonly afterMilliseconds: number
  /** Which worker is meant, where there are two. */
  readonly worker: 0 | 1
}

/** Something that goes wrong at Telegram, and perhaps a blow as soon as it has. */
export interface TelegramStrike {
  /** What it is called in the summary. */
  readonly fault: string
  readonly rule: FaultRule
  readonly then: TimedBlow | "restart Telegram" | undefined
  /** Which worker the blow is meant for, where there are two. */
  readonly worker: 0 | 1
}

/** No room on the worker's disk but so many KiB, for a while. Needs a run with a small disk. */
export interface DiskStrike {
  readonly kibibytesLeft: number
}

/** One thing that is done to the worker in a run. */
export type Strike = PointStrike | TimedStrike | TelegramStrike | DiskStrike

export const isPointStrike = (strike: Strike): strike is PointStrike => "point" in strike

const methodOf = ({ account, method = "any call", nth = 1 }: FaultRule): string =>
  `${method}, call ${nth}${account === undefined ? "" : ` of ${account}`}`

export const nameOf = (strike: Strike): string => {
  if ("point" in strike) return `${strike.blow} at ${strike.point}, visit ${strike.nth}`
  if ("afterMilliseconds" in strike) return `${strike.blow} after ${strike.afterMilliseconds} ms`
  if ("kibibytesLeft" in strike) return `disk full but for ${strike.kibibytesLeft} KiB`
  const { fault, rule, then } = strike
  return `${fault} at ${methodOf(rule)}${then === undefined ? "" : `, then ${then}`}`
}

/** What the point itself does; all else is done from outside while the account stands still at it. */
export const faultOf = ({ blow, nth, point }: PointStrike): Fault => ({
  point,
  nth,
  what: blow === "kill cell" || blow === "kill supervisor" ? blow : "hold",
})
