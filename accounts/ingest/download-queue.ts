import type { DownloadShare } from "../telegram/download-goal.ts"

const MEBIBYTE = 1024 * 1024

/** Below those that need a few parts only (early looks, pictures). */
const HIGHEST = 24
const LOWEST = 9
/** TDLib fetches files up to this size in parts of 64 KiB, and one part of each every 3 ms (facts/peers.md, 3b). */
const PACED_BYTES = 250 * MEBIBYTE
/** So much TDLib keeps in flight for all files of an account (facts/peers.md, 3b). */
const IN_FLIGHT_BYTES = { free: 2 * MEBIBYTE, premium: 16 * MEBIBYTE }
/** Less for one file would be used up before TDLib can be asked for more. */
const LEAST_AHEAD_BYTES = MEBIBYTE / 2

export interface AccountPace {
  /** Whether bytes come so fast that Telegram does not slow the account down. */
  readonly isFast: () => boolean
  readonly isPremium: () => boolean
}

interface UnderWay {
  readonly share: DownloadShare
  readonly isPaced: boolean
}

/**
 * TDLib serves strictly by priority, 1 to 32, and of equals the one that came last. So every download ranks behind those under
 * way, and all of the account's bytes go to the one that is to be there first. When the ranks run out, those under way move up.
 *
 * Where nothing slows the account down, the limit is the pace at which TDLib fetches one file, and the first one leaves the
 * others nothing of what TDLib keeps in flight. Then each gets a share of that, and all arrive side by side: files of 4 MiB at
 * 40 MB/s instead of 13, of 100 MiB at 54 instead of 17 (measured on the sandbox, four at once).
 */
export class DownloadQueue {
  readonly #pace: AccountPace
  readonly #underWay: Array<UnderWay> = []

  constructor(pace: AccountPace) {
    this.#pace = pace
  }

  /** @param bytes of the file */
  join(bytes: number): DownloadShare {
    if (this.#underWay.at(-1)?.share.priority === LOWEST) this.#moveUp()
    const priority = (this.#underWay.at(-1)?.share.priority ?? HIGHEST + 1) - 1
    const share: DownloadShare = { priority, aheadBytes: 0 }
    this.#underWay.push({ share, isPaced: bytes <= PACED_BYTES })
    this.look()
    return share
  }

  leave(share: DownloadShare): void {
    this.#underWay.splice(
      this.#underWay.findIndex((one) => one.share === share),
      1,
    )
    this.look()
  }

  /** To be called when more moves than before, or less. */
  look(): void {
    const paced = this.#underWay.filter(({ isPaced }) => isPaced)
    const aheadBytes = paced.length > 1 && this.#pace.isFast() ? this.#aheadBytes(paced.length) : 0
    for (const { share } of paced) {
      if (share.aheadBytes === aheadBytes) continue
      share.aheadBytes = aheadBytes
      share.onChange?.()
    }
  }

  #aheadBytes(files: number): number {
    const inFlight = this.#pace.isPremium() ? IN_FLIGHT_BYTES.premium : IN_FLIGHT_BYTES.free
    return Math.max(Math.floor(inFlight / files), LEAST_AHEAD_BYTES)
  }

  #moveUp(): void {
    for (const [index, { share }] of this.#underWay.entries()) {
      share.priority = HIGHEST - index
      share.onChange?.()
    }
  }
}
