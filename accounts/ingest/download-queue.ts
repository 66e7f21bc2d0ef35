import type { ChangingPriority } from "../telegram/download.ts"

/** Below those that need a few parts only (early looks, pictures). */
const HIGHEST = 24
const LOWEST = 9

/** The place of a download among those under way. */
export type Rank = ChangingPriority

/**
 * TDLib serves strictly by priority, 1 to 32, and of equals the one that came last. So every download ranks behind those under
 * way, and all of the account's bytes go to the one that is to be there first. When the ranks run out, those under way move up.
 */
export class DownloadQueue {
  readonly #underWay: Array<Rank> = []

  join(): Rank {
    const last = this.#underWay.at(-1)
    if (last?.value === LOWEST) this.#moveUp()
    const rank = { value: (this.#underWay.at(-1)?.value ?? HIGHEST + 1) - 1 }
    this.#underWay.push(rank)
    return rank
  }

  leave(rank: Rank): void {
    this.#underWay.splice(this.#underWay.indexOf(rank), 1)
  }

  #moveUp(): void {
    for (const [index, rank] of this.#underWay.entries()) {
      rank.value = HIGHEST - index
      rank.onChange?.()
    }
  }
}
