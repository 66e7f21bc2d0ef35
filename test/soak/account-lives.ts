import { type CellStrike, type CommonStrike, type FaultName, isSuffered } from "./fault.ts"
import type { LogEntry } from "./worker-log.ts"

/** Something that was done to one account or to all, and what was seen of it. Times in Unix milliseconds. */
export interface Strike {
  readonly what: FaultName
  /** Null: all accounts. */
  readonly accountId: string | null
  readonly at: number
  /** The cell has said that it suffers, where it is asked to. */
  hasBegun: boolean
  /** When the worker noticed, and what it logged as the reason; undefined also where nobody was struck down. */
  noticed: { readonly at: number; readonly reason: string } | undefined
  /** The accounts that it struck down, and when each of them was at work again. */
  readonly victims: Map<string, number | undefined>
  /** When the last of them was; for a strike at all that nobody was struck down by, the strike's own time. */
  recoveredAt: number | undefined
}

/** The end of a life that nothing was done to. */
export interface UnplannedStop {
  readonly accountId: string
  readonly at: number
  readonly reason: string
}

interface Account {
  pid: number
  state: string
  lives: number
}

/** An account whose database session was lost finds that out by its next heartbeat, 10 s + 3 s later at most. */
const COMMON_MILLISECONDS = 20_000

const isAtWork = ({ state }: Account): boolean => state === "idle" || state === "ingesting"

/** Follows every account through its lives by the worker's log, and says which of their ends nobody had asked for. */
export class AccountLives {
  readonly accounts = new Map<string, Account>()
  readonly strikes: Array<Strike> = []
  readonly unplannedStops: Array<UnplannedStop> = []
  restarts = 0
  parked = 0

  /** The accounts that are at work and that nothing is being done to. */
  get healthy(): ReadonlyArray<{ readonly accountId: string; readonly pid: number }> {
    return [...this.accounts]
      .filter(([accountId, account]) => isAtWork(account) && this.#openOn(accountId) === undefined)
      .map(([accountId, { pid }]) => ({ accountId, pid }))
  }

  get areAllAtWork(): boolean {
    return [...this.accounts.values()].every(isAtWork)
  }

  /** Strikes that their victims have not come back from. */
  get open(): ReadonlyArray<Strike> {
    return this.strikes.filter(({ recoveredAt }) => recoveredAt === undefined)
  }

  note(what: CellStrike | CommonStrike, accountId: string | null, at: number): Strike {
    const strike: Strike = {
      what,
      accountId,
      at,
      hasBegun: !isSuffered(what),
      noticed: undefined,
      victims: new Map(),
      recoveredAt: undefined,
    }
    this.strikes.push(strike)
    return strike
  }

  hear(entries: ReadonlyArray<LogEntry>): void {
    for (const entry of entries) this.#hearOne(entry)
    for (const strike of this.open) if (strike.accountId === null) this.#endCommon(strike)
  }

  #hearOne(entry: LogEntry): void {
    if (entry.account === "") return
    const account = this.accounts.get(entry.account) ?? { pid: 0, state: "starting", lives: 0 }
    this.accounts.set(entry.account, account)
    const { event, pid, reason = "", time, to } = entry
    if (event === "cell.started" && pid !== undefined) {
      account.pid = pid
      account.lives++
    } else if (event === "cell.fault") {
      const strike = this.#openOn(entry.account)
      if (strike !== undefined) strike.hasBegun = true
    } else if (event === "account.moved" && to !== undefined) {
      account.state = to
      if (isAtWork(account)) this.#hearRecovery(entry.account, time)
    } else if (event === "account.restart" || event === "account.parked") {
      if (event === "account.parked") this.parked++
      else this.restarts++
      this.#hearEnd(entry.account, time, reason)
    }
  }

  #hearEnd(accountId: string, at: number, reason: string): void {
    const strike = this.#openOn(accountId) ?? this.open.find((one) => one.accountId === null)
    if (strike === undefined) {
      this.unplannedStops.push({ accountId, at, reason })
      return
    }
    if (!strike.hasBegun) return
    strike.noticed ??= { at, reason }
    strike.victims.set(accountId, undefined)
  }

  #hearRecovery(accountId: string, at: number): void {
    for (const strike of this.open) {
      if (!strike.victims.has(accountId)) continue
      strike.victims.set(accountId, strike.victims.get(accountId) ?? at)
      if (strike.accountId !== null) strike.recoveredAt = at
    }
  }

  #openOn(accountId: string): Strike | undefined {
    return this.open.find((strike) => strike.accountId === accountId)
  }

  #endCommon(strike: Strike): void {
    const isOver = Date.now() - strike.at >= COMMON_MILLISECONDS && this.areAllAtWork
    if (isOver) strike.recoveredAt = Math.max(strike.at, ...[...strike.victims.values()].map((back) => back ?? 0))
  }
}
