import * as Schema from "effect/Schema"
import type { ProtocolViolation, ViolationKind } from "./protocol/protocol-violation.ts"

const Count = Schema.Int

const MethodCounters = Schema.Struct({
  calls: Count,
  /** How many of the calls were answered with an error. */
  errors: Count,
  /** Bytes of the requests and of the answers, before encryption. */
  bytesIn: Count,
  bytesOut: Count,
})
type MethodCounters = { -readonly [Name in keyof typeof MethodCounters.Type]: number }

/** What the sandbox has counted since its process started, and what there is now. */
export const SandboxCounters = Schema.Struct({
  /** What there is now: open connections, sessions with and without one, and rules by which calls go wrong. */
  now: Schema.Struct({ connections: Count, sessions: Count, faults: Count }),
  /** By phone, "" for calls before the login; then by method. */
  accounts: Schema.Record(Schema.String, Schema.Record(Schema.String, MethodCounters)),
  /** Methods that the sandbox does not know, with how often each was called. */
  unknownMethods: Schema.Record(Schema.String, Count),
  /** Bytes on the wire from clients (up) and to clients (down). */
  bytesUp: Count,
  bytesDown: Count,
  /** Auth keys agreed on. */
  handshakes: Count,
  /** What clients did against the protocol, whether the connection was closed for it or the message refused. */
  violations: Count,
  /** The same by kind. */
  violationKinds: Schema.Record(Schema.String, Count),
  /** Messages with a salt that was not valid any more; ordinary when salts change. */
  saltsRefused: Count,
  /** What those violations were, the last hundred. */
  lastViolations: Schema.Array(Schema.String),
  /** Mistakes of the sandbox itself, the last hundred; always empty unless it has a bug. */
  defects: Schema.Array(Schema.String),
})
export type SandboxCounters = typeof SandboxCounters.Type

const MAX_TEXTS = 100

/** Counts what goes through the sandbox. */
export class Tally {
  readonly #accounts = new Map<string, Map<string, MethodCounters>>()
  readonly #unknownMethods = new Map<string, number>()
  readonly #lastViolations: string[] = []
  readonly #defects: string[] = []
  #bytesUp = 0
  #bytesDown = 0
  #handshakes = 0
  readonly #violationKinds = new Map<ViolationKind, number>()
  #saltsRefused = 0

  traffic(up: number, down: number): void {
    this.#bytesUp += up
    this.#bytesDown += down
  }

  handshake(): void {
    this.#handshakes++
  }

  call(phone: string, method: string, bytesIn: number, bytesOut: number, isError: boolean): void {
    const methods = this.#accounts.get(phone) ?? new Map<string, MethodCounters>()
    this.#accounts.set(phone, methods)
    const counters = methods.get(method) ?? { calls: 0, errors: 0, bytesIn: 0, bytesOut: 0 }
    methods.set(method, counters)
    counters.calls++
    counters.errors += isError ? 1 : 0
    counters.bytesIn += bytesIn
    counters.bytesOut += bytesOut
  }

  unknownMethod(method: string): void {
    this.#unknownMethods.set(method, (this.#unknownMethods.get(method) ?? 0) + 1)
  }

  violation({ kind, message }: ProtocolViolation): void {
    this.#violationKinds.set(kind, (this.#violationKinds.get(kind) ?? 0) + 1)
    keepLast(this.#lastViolations, message)
  }

  saltRefused(): void {
    this.#saltsRefused++
  }

  defect(what: string): void {
    keepLast(this.#defects, what)
  }

  /** A copy of the numbers as they are now. now: what the tally does not see. */
  read(now: SandboxCounters["now"]): SandboxCounters {
    return {
      now,
      accounts: Object.fromEntries(
        [...this.#accounts].map(([phone, methods]) => [
          phone,
          Object.fromEntries([...methods].map(([method, counters]) => [method, { ...counters }])),
        ]),
      ),
      unknownMethods: Object.fromEntries(this.#unknownMethods),
      bytesUp: this.#bytesUp,
      bytesDown: this.#bytesDown,
      handshakes: this.#handshakes,
      violations: [...this.#violationKinds.values()].reduce((sum, count) => sum + count, 0),
      violationKinds: Object.fromEntries(this.#violationKinds),
      saltsRefused: this.#saltsRefused,
      lastViolations: [...this.#lastViolations],
      defects: [...this.#defects],
    }
  }
}

const keepLast = (texts: string[], text: string): void => {
  texts.push(text)
  if (texts.length > MAX_TEXTS) texts.shift()
}
