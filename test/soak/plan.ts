import { numbersOf } from "../seeded-numbers.ts"
import { type FaultName, faultNames } from "./fault.ts"

/** A fault that is to fall so long after the one before. */
export interface PlannedFault {
  readonly afterMilliseconds: number
  readonly what: FaultName
  /** In [0, 1): which of the accounts that are at work then, and how long Telegram is away. */
  readonly number: number
}

/** How often each kind comes among the random ones. */
const weights: Readonly<Record<FaultName, number>> = {
  kill: 4,
  freeze: 2,
  "leak memory": 2,
  "block the actor": 2,
  "abort TDLib": 4,
  "throw in the actor": 2,
  "restart Postgres": 1,
  "restart Telegram": 1,
}
const hat = faultNames.flatMap((what) => Array<FaultName>(weights[what]).fill(what))

/** With ten accounts each is struck about every two and a half minutes: less often than the restart policy takes for hopeless. */
const LEAST_PAUSE = 6_000
const MORE_PAUSE = 18_000

/** Faults without end. Those of a seed are always the same; whom they find at work is not in its hands. */
export function* faultsOf(seed: number): Generator<PlannedFault> {
  const next = numbersOf(`soak ${seed}`)
  for (;;) {
    const afterMilliseconds = LEAST_PAUSE + next() * MORE_PAUSE
    yield { afterMilliseconds, what: hat[Math.floor(next() * hat.length)] ?? "kill", number: next() }
  }
}

/** Every kind once: those first that take longest to be noticed. */
export const everyKindOnce: ReadonlyArray<PlannedFault> = (
  [
    "freeze",
    "block the actor",
    "leak memory",
    "kill",
    "abort TDLib",
    "throw in the actor",
    "restart Telegram",
    "restart Postgres",
  ] as const
).map((what) => ({ afterMilliseconds: 2_000, what, number: 0 }))
