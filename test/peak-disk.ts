import { lstatSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

const BLOCK = 512

/** TDLib's own databases, which are no files of archives. */
const DATABASES = "db"

/** Bytes that the files below a folder take on the disk, each counted once whatever names it has; holes take none. */
const diskBytesOf = (folder: string, seen: Set<number>): number => {
  let bytes = 0
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) bytes += entry.name === DATABASES ? 0 : diskBytesOf(path, seen)
      else {
        const { blocks, ino } = lstatSync(path)
        if (!seen.has(ino)) bytes += blocks * BLOCK
        seen.add(ino)
      }
    }
  } catch {
    // It has been removed while it was looked at.
  }
  return bytes
}

/** Follows how much of the disk a worker's archives take, until it is asked for the most that it saw. */
export class PeakDisk {
  readonly #folders: ReadonlyArray<string>
  #peak = 0
  #isOver = false
  readonly #watching: Promise<void>

  constructor(dataFolder: string, intervalMilliseconds: number) {
    this.#folders = [join(dataFolder, "temp"), join(dataFolder, "tdlib")]
    this.#watching = this.#watch(intervalMilliseconds)
  }

  async #watch(interval: number): Promise<void> {
    while (!this.#isOver) {
      this.#look()
      await sleep(interval)
    }
  }

  #look(): void {
    const seen = new Set<number>()
    const bytes = this.#folders.reduce((sum, folder) => sum + diskBytesOf(folder, seen), 0)
    this.#peak = Math.max(this.#peak, bytes)
  }

  /** Ends it; bytes. */
  async end(): Promise<number> {
    this.#isOver = true
    await this.#watching
    return this.#peak
  }
}
