import { createHash } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import type { Call } from "../methods/call.ts"
import type { Delivery, Interceptor } from "../methods/dispatcher.ts"
import { RpcError } from "../methods/rpc-error.ts"
import type { TlAnswer, TlObject } from "../protocol/tl-types.ts"
import type { Fault, FaultEffect, FaultRule } from "./fault-rule.ts"

interface Entry {
  readonly id: number
  readonly rule: FaultRule
  matched: number
  struck: number
  readonly held: Set<() => void>
}

type Next = () => TlAnswer | Promise<TlAnswer>

/** The same number in [0, 1) for the same seed and count. */
const die = (seed: number, count: number): number =>
  createHash("sha256").update(`${seed}/${count}`).digest().readUInt32LE() / 2 ** 32

const partOf = (request: TlObject): number | undefined =>
  "filePart" in request && typeof request.filePart === "number" ? request.filePart : undefined

const matches = ({ account, method, part }: FaultRule, call: Call, request: TlObject): boolean =>
  (account === undefined || account === (call.account?.phone ?? "")) &&
  (method === undefined || method === call.method) &&
  (part === undefined || part === partOf(request))

/** Turns bytes over in an answer that has some. */
const spoil = (answer: TlAnswer, at: number, count: number): TlAnswer => {
  if (typeof answer !== "object" || !("bytes" in answer) || !(answer.bytes instanceof Uint8Array)) return answer
  const bytes = Uint8Array.from(answer.bytes)
  for (let index = at; index < Math.min(at + count, bytes.length); index++) bytes[index] = ~(bytes[index] ?? 0) & 0xff
  return { ...(answer as TlObject), bytes } as TlObject
}

const never = new Promise<never>(() => undefined)

/** What faults need of the server as a whole. */
export interface FaultHost {
  /** Ends every connection, forgets every session, and listens again after so many milliseconds. */
  readonly restart: (milliseconds: number) => void
  /** A fault has struck. */
  readonly struck: (fault: Fault) => void
}

/** The faults that are in force, and what they do to calls. */
export class Faults {
  readonly #host: FaultHost
  readonly #entries = new Map<number, Entry>()
  #lastId = 0

  constructor(host: FaultHost) {
    this.#host = host
  }

  /** Puts a rule in force; the answer's id is for releasing and removing it. */
  add(rule: FaultRule): Fault {
    const entry: Entry = { id: ++this.#lastId, rule, matched: 0, struck: 0, held: new Set() }
    this.#entries.set(entry.id, entry)
    return describe(entry)
  }

  list(): readonly Fault[] {
    return [...this.#entries.values()].map(describe)
  }

  get(id: number): Fault | undefined {
    const entry = this.#entries.get(id)
    return entry === undefined ? undefined : describe(entry)
  }

  /** Lets the calls go on that stand still because of this fault; how many there were. */
  release(id: number): number {
    const held = [...(this.#entries.get(id)?.held ?? [])]
    for (const go of held) go()
    return held.length
  }

  /** Takes a rule out of force and releases what it holds; false when there is none with this id. */
  remove(id: number): boolean {
    this.release(id)
    return this.#entries.delete(id)
  }

  /** Takes every rule out of force. */
  clear(): void {
    for (const id of [...this.#entries.keys()]) this.remove(id)
  }

  /** Stands before every method. The first rule that strikes decides. */
  readonly interceptor: Interceptor = (call, request, next, delivery) => {
    const entry = [...this.#entries.values()].find((candidate) => this.#strikes(candidate, call, request))
    if (entry === undefined) return next()
    entry.struck++
    this.#host.struck(describe(entry))
    return this.#apply(entry, entry.rule.effect, next, delivery)
  }

  #strikes(entry: Entry, call: Call, request: TlObject): boolean {
    const { chance, nth = 1, times = 1 } = entry.rule
    if (!matches(entry.rule, call, request)) return false
    entry.matched++
    if (entry.matched < nth) return false
    if (times !== "always" && entry.struck >= times) return false
    return chance === undefined || die(chance.seed, entry.matched) < chance.of
  }

  async #apply(entry: Entry, effect: FaultEffect, next: Next, delivery: Delivery): Promise<TlAnswer> {
    if ("error" in effect) throw new RpcError(effect.error.code, effect.error.text)
    if ("delay" in effect) {
      await sleep(effect.delay, undefined, { ref: false })
      return next()
    }
    if ("silence" in effect) return never
    if ("drop" in effect) {
      if (effect.drop === "before") {
        delivery.dropConnection()
        // Not executed: the client asks again.
        return delivery.forget()
      }
      const answer = await next()
      delivery.dropConnection()
      return answer
    }
    if ("hold" in effect) {
      const answer = effect.hold === "after" ? await next() : undefined
      await new Promise<void>((resolve) => {
        const go = () => {
          entry.held.delete(go)
          resolve()
        }
        entry.held.add(go)
      })
      return answer ?? next()
    }
    const answer = await next()
    if ("loseAnswer" in effect) delivery.loseAnswer()
    if ("restart" in effect) this.#host.restart(effect.restart)
    if ("halfOpen" in effect) delivery.haltConnection(effect.halfOpen)
    if ("wrongBytes" in effect) return spoil(answer, effect.wrongBytes.at ?? 0, effect.wrongBytes.count ?? 1)
    return answer
  }
}

const describe = ({ held, id, matched, rule, struck }: Entry): Fault => ({
  id,
  rule,
  matched,
  struck,
  held: held.size,
})
