import type { AuthKey } from "./auth-key.ts"
import { sha256 } from "./crypto.ts"

/** Seconds after which the salt of a key changes (core.telegram.org/mtproto/description#server-salt). */
export const SALT_PERIOD = 1800
/** Seconds for which the salt before is still accepted. */
export const SALT_OVERLAP = 1800
/** A client's clock may be ahead by so many seconds when it begins to use the next salt. */
const EARLY = 60

export interface FutureSalt {
  /** Unix seconds */
  readonly validSince: number
  readonly validUntil: number
  readonly salt: bigint
}

/** Salts that were replaced before their time. */
export interface SaltRotation {
  /** Unix seconds */
  readonly at: number
  /** For how many seconds the salts of before are still accepted. */
  readonly overlap: number
}

/**
 * The salts of every key. A salt follows from the key, the half hour, and how often all salts were replaced out of
 * turn, so nothing needs to be kept. Times are Unix seconds.
 */
export class ServerSalts {
  #rotations = 0
  #last: SaltRotation | undefined

  /** All salts change at this moment. */
  rotate(rotation: SaltRotation): void {
    this.#rotations++
    this.#last = rotation
  }

  /** The salt that a client should use now. */
  current(authKey: AuthKey, now: number): bigint {
    return this.#salt(authKey, this.#rotations, periodOf(now))
  }

  accepts(authKey: AuthKey, salt: bigint, now: number): boolean {
    const isOldAccepted = this.#last === undefined || now < this.#last.at + this.#last.overlap
    if (salt === authKey.salt && this.#acceptsFirst(authKey, now, isOldAccepted)) return true
    const generations =
      isOldAccepted && this.#rotations > 0 ? [this.#rotations, this.#rotations - 1] : [this.#rotations]
    const periods = new Set([periodOf(now), periodOf(now - SALT_OVERLAP), periodOf(now + EARLY)])
    return generations.some((generation) =>
      [...periods].some((period) => this.#salt(authKey, generation, period) === salt),
    )
  }

  /** The salts of now and the periods after it. */
  future(authKey: AuthKey, now: number, count: number): readonly FutureSalt[] {
    const first = periodOf(now)
    return Array.from({ length: count }, (_, index) => ({
      validSince: (first + index) * SALT_PERIOD,
      validUntil: (first + index + 1) * SALT_PERIOD + SALT_OVERLAP,
      salt: this.#salt(authKey, this.#rotations, first + index),
    }))
  }

  /** The salt that came out of the handshake lives as long as any other, counted from the handshake. */
  #acceptsFirst(authKey: AuthKey, now: number, isOldAccepted: boolean): boolean {
    const isFromBefore = this.#last !== undefined && authKey.createdAt <= this.#last.at
    return now < authKey.createdAt + SALT_PERIOD + SALT_OVERLAP && (!isFromBefore || isOldAccepted)
  }

  #salt(authKey: AuthKey, generation: number, period: number): bigint {
    const which = Buffer.alloc(16)
    which.writeDoubleLE(generation)
    which.writeDoubleLE(period, 8)
    return sha256(authKey.bytes, which).readBigInt64LE()
  }
}

const periodOf = (now: number): number => Math.floor(now / SALT_PERIOD)
