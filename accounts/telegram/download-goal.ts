/** What a download gets beside others. It may change while the download is under way: whoever changes it then calls `onChange`. */
export interface DownloadShare {
  /** 1 to 32; TDLib serves strictly by priority, last come first served among equals (facts/peers.md, 3b). */
  priority: number
  /**
   * TDLib is asked for so many bytes beyond those that are here, and so has no more of this file in flight; 0: for all, and
   * what TDLib keeps in flight may be of this file alone.
   */
  aheadBytes: number
  onChange?: () => void
}

/** Of a download that goes its way alone. */
export const alone = (priority: number): DownloadShare => ({ priority, aheadBytes: 0 })

/** What TDLib is to be asked for: `limit` bytes from the beginning, 0 for all of them. */
export interface Ask {
  readonly priority: number
  readonly limit: number
}

/** How far TDLib is to come with a file for now, and what it was asked for. Bytes are counted from the file's beginning. */
export class DownloadGoal {
  readonly #share: DownloadShare
  #size = Number.POSITIVE_INFINITY
  #ready = 0
  /** So far the file may come. */
  #allowed = Number.POSITIVE_INFINITY
  #asked: Ask | undefined
  #wasLimited = false
  #dryAt = -1

  constructor(share: DownloadShare) {
    this.#share = share
  }

  /** The file may come so far, and no farther. */
  allow(end: number): void {
    this.#allowed = end
  }

  /** So much of the file is here. */
  heard(ready: number, size: number): void {
    this.#ready = ready
    this.#size = size
  }

  /** Whether all is here that may come. */
  get isReached(): boolean {
    return this.#ready >= Math.min(this.#allowed, this.#size)
  }

  /**
   * TDLib has stopped. Whether that may be because it came to the end of what it was asked for, before it heard of more; it is
   * to be asked anew then. When that was not why, it stops once more without a byte.
   */
  ranDry(): boolean {
    if (!this.#wasLimited || this.#ready <= this.#dryAt) return false
    this.#dryAt = this.#ready
    this.#asked = undefined
    return true
  }

  /** What TDLib is to be asked for now, which counts as asked; undefined: nothing new. It is asked well before it runs dry. */
  ask(): Ask | undefined {
    const { aheadBytes, priority } = this.#share
    const goal = Math.min(this.#allowed, this.#size)
    if (this.isReached && goal < this.#size) return undefined
    const end = aheadBytes === 0 ? goal : Math.min(goal, this.#ready + aheadBytes)
    const limit = end === this.#size ? 0 : end
    if (this.#asked?.priority === priority) {
      if (limit === this.#asked.limit) return undefined
      const isSlightChange = Math.abs(limit - this.#asked.limit) < aheadBytes / 2
      if (isSlightChange && this.#asked.limit > 0 && end < goal) return undefined
    }
    this.#asked = { priority, limit }
    this.#wasLimited ||= limit > 0
    return this.#asked
  }
}
