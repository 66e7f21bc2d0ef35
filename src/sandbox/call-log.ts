import * as Schema from "effect/Schema"
import type { Call } from "./methods/call.ts"
import type { CallListener } from "./methods/dispatcher.ts"

/** One call that was answered. */
export const LoggedCall = Schema.Struct({
  /** When it came: Unix milliseconds. */
  at: Schema.Int,
  /** Phone; "" before the login. */
  account: Schema.String,
  method: Schema.String,
  /** From its arrival to its answer. */
  milliseconds: Schema.Finite,
  /** The text of the error that it was answered with. */
  error: Schema.optionalKey(Schema.String),
})
export type LoggedCall = typeof LoggedCall.Type

/** How many calls are remembered. */
const MAX_CALLS = 2000

/** The last calls and what became of them, in the order of their answers. */
export class CallLog implements CallListener {
  readonly #calls: LoggedCall[] = []
  readonly #arrived = new WeakMap<Call, { readonly at: number; readonly clock: number }>()

  received(call: Call): void {
    this.#arrived.set(call, { at: Date.now(), clock: performance.now() })
  }

  answered(call: Call, error: string | undefined): void {
    const { at, clock } = this.#arrived.get(call) ?? { at: Date.now(), clock: performance.now() }
    this.#calls.push({
      at,
      account: call.account?.phone ?? "",
      method: call.method,
      milliseconds: Number((performance.now() - clock).toFixed(3)),
      ...(error === undefined ? {} : { error }),
    })
    if (this.#calls.length > MAX_CALLS) this.#calls.shift()
  }

  /** Those of this account and method, the newest last; of everybody and everything where nothing is named. */
  read({ account, method, limit = MAX_CALLS }: LogFilter = {}): readonly LoggedCall[] {
    const found = this.#calls.filter(
      (call) => (account ?? call.account) === call.account && (method ?? call.method) === call.method,
    )
    return found.slice(Math.max(0, found.length - limit))
  }
}

export interface LogFilter {
  readonly account?: string | undefined
  readonly method?: string | undefined
  readonly limit?: number | undefined
}
