import * as Schema from "effect/Schema"
import type { SandboxCounters } from "../counters.ts"
import type { Call } from "../methods/call.ts"
import type { Telegram } from "../state/telegram.ts"
import type { Fault } from "./fault-rule.ts"
import type { WaitCondition } from "./wait-condition.ts"

/** What a wait ended with. */
export const Happening = Schema.Struct({
  for: Schema.String,
  /** How many there were of what was waited for. */
  count: Schema.Int,
  /** Of a call that was answered with an error: its text. */
  error: Schema.optionalKey(Schema.String),
})
export type Happening = typeof Happening.Type

/** Thrown when: what was waited for did not happen in time. */
export class WaitTimeout extends Error {
  override readonly name = "WaitTimeout"
}

export interface HappeningSources {
  readonly counters: () => SandboxCounters
  readonly state: Telegram
  readonly connections: () => number
  readonly fault: (id: number) => Fault | undefined
}

interface Waiter {
  readonly condition: WaitCondition
  readonly resolve: (happening: Happening) => void
}

type CallCondition = Extract<WaitCondition, { readonly for: "call" }>

const DEFAULT_PATIENCE = 30_000

/** Calls since the start, by phase, account and method. */
const keyOf = (phase: string, account: string, method: string): string => `${phase} ${account} ${method}`

/** Tells those who wait for something that it has happened. */
export class Happenings {
  readonly #sources: HappeningSources
  readonly #waiters = new Set<Waiter>()
  readonly #calls = new Map<string, number>()

  constructor(sources: HappeningSources) {
    this.#sources = sources
  }

  /**
   * Resolves when the condition holds; rejects with WaitTimeout after so many milliseconds, and at once when the signal
   * is aborted.
   */
  async wait(condition: WaitCondition, milliseconds = DEFAULT_PATIENCE, signal?: AbortSignal): Promise<Happening> {
    const already = this.#now(condition)
    if (already !== undefined) return already
    const { promise, reject, resolve } = Promise.withResolvers<Happening>()
    const waiter: Waiter = { condition, resolve }
    this.#waiters.add(waiter)
    const giveUp = () => reject(new WaitTimeout(`${JSON.stringify(condition)} did not happen in ${milliseconds} ms`))
    const timer = setTimeout(giveUp, milliseconds)
    signal?.addEventListener("abort", giveUp, { once: true })
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener("abort", giveUp)
      this.#waiters.delete(waiter)
    }
  }

  received(call: Call): void {
    this.#call("received", call, undefined)
  }

  answered(call: Call, error: string | undefined): void {
    this.#call("answered", call, error)
    this.changed()
  }

  /** Something that is no call has changed: whoever waits looks again. */
  changed(): void {
    if (this.#waiters.size === 0) return
    for (const { condition, resolve } of this.#waiters) {
      const happening = this.#now(condition)
      if (happening !== undefined) resolve(happening)
    }
  }

  /** Nobody need wait any more. */
  close(): void {
    for (const { condition, resolve } of this.#waiters) resolve({ for: condition.for, count: 0, error: "CLOSED" })
  }

  #call(phase: "received" | "answered", call: Call, error: string | undefined): void {
    const key = keyOf(phase, call.account?.phone ?? "", call.method)
    this.#calls.set(key, (this.#calls.get(key) ?? 0) + 1)
    for (const { condition, resolve } of this.#waiters) {
      if (condition.for !== "call" || !isOf(condition, phase, call)) continue
      const count = this.#count(condition)
      if (condition.nth === undefined || count >= condition.nth) {
        resolve({ for: "call", count, ...(error === undefined ? {} : { error }) })
      }
    }
  }

  #count({ account, method, phase = "received" }: CallCondition): number {
    let count = 0
    for (const [key, calls] of this.#calls) {
      const [ofPhase, ofAccount, ofMethod] = key.split(" ")
      const isMeant = ofPhase === phase && (account ?? ofAccount) === ofAccount && (method ?? ofMethod) === ofMethod
      if (isMeant) count += calls
    }
    return count
  }

  /** The happening if the condition holds now. */
  #now(condition: WaitCondition): Happening | undefined {
    const reached = (count: number, wanted: number) => (count >= wanted ? { for: condition.for, count } : undefined)
    switch (condition.for) {
      case "call":
        return condition.nth === undefined ? undefined : reached(this.#count(condition), condition.nth)
      case "message":
        return reached(this.#messages(condition), condition.count ?? 1)
      case "login": {
        const account = this.#sources.state.accounts.get(condition.account)
        return reached(account === undefined ? 0 : this.#sources.state.loginsOf(account).length, condition.count ?? 1)
      }
      case "connections": {
        const count = this.#sources.connections()
        const holds = count >= (condition.atLeast ?? 0) && count <= (condition.atMost ?? Number.POSITIVE_INFINITY)
        return holds ? { for: "connections", count } : undefined
      }
      case "bytes": {
        const methods = Object.values(this.#sources.counters().accounts[condition.account] ?? {})
        const bytes = methods.reduce(
          (sum, { bytesIn, bytesOut }) => sum + (condition.direction === "up" ? bytesIn : bytesOut),
          0,
        )
        return reached(bytes, condition.atLeast)
      }
      case "fault":
        return reached(this.#sources.fault(condition.id)?.struck ?? 0, condition.count ?? 1)
    }
  }

  #messages({ channel, name, text }: Extract<WaitCondition, { readonly for: "message" }>): number {
    const messages = this.#sources.state.channels.get(channel)?.messages ?? []
    return messages.filter(
      (message) =>
        !message.isDeleted &&
        !message.isCreation &&
        message.action === undefined &&
        (name === undefined || message.file?.name === name) &&
        (text === undefined || message.text === text),
    ).length
  }
}

const isOf = ({ account, method, phase = "received" }: CallCondition, ofPhase: string, call: Call): boolean =>
  phase === ofPhase &&
  (account === undefined || account === (call.account?.phone ?? "")) &&
  (method === undefined || method === call.method)
