import { type ArchiveSet, groupArchiveSets, type SourceFile } from "../../src/archive/archive-set.ts"

/** A set is given out once so many documents were read after its last one: its volumes are posted together. */
const TAIL = 100
/** Of sets that lack volumes, so many files are kept until the scan's end; then the ones read first are given out as they are. */
const MAX_HELD = 2_000

/**
 * Puts sets together while a scan goes on, in either direction, and gives them out as soon as nothing more of them is
 * likely to come. What is held in memory does not grow with the channel.
 */
export class SetGatherer<F extends SourceFile> {
  readonly #documentExtensions: ReadonlyArray<string>
  /** In the order in which they were read. */
  readonly #held = new Map<number, F>()
  #ignored = 0

  constructor(documentExtensions: ReadonlyArray<string>) {
    this.#documentExtensions = documentExtensions
  }

  /** The messages that were read and not given out. */
  get held(): Iterable<number> {
    return this.#held.keys()
  }

  /** How many files belonged to no set. */
  get ignored(): number {
    return this.#ignored
  }

  /** Takes documents in the order in which they were read; those that it has already, it keeps. */
  add(files: ReadonlyArray<F>): void {
    for (const file of files) this.#held.set(file.messageId, file)
  }

  /** The sets that are ready, the oldest first; at the scan's end all of them. */
  take(isEnd: boolean): ReadonlyArray<ArchiveSet<F>> {
    const sets = groupArchiveSets([...this.#held.values()], { documentExtensions: this.#documentExtensions })
    const ids = [...this.#held.keys()]
    const tail = new Set(isEnd ? [] : ids.slice(-TAIL))
    const overdue = new Set(ids.slice(0, Math.max(0, ids.length - MAX_HELD)))
    const ready = sets.filter(({ state, volumes }) => {
      if (isEnd || volumes.some(({ messageId }) => overdue.has(messageId))) return true
      return state === "complete" && !volumes.some(({ messageId }) => tail.has(messageId))
    })
    const grouped = new Set(sets.flatMap(({ volumes }) => volumes.map(({ messageId }) => messageId)))
    // Files of no set may belong to one yet, as long as it is near.
    const strays = ids.filter((id) => !grouped.has(id) && !tail.has(id))
    this.#ignored += strays.length
    for (const id of strays) this.#held.delete(id)
    for (const { volumes } of ready) for (const { messageId } of volumes) this.#held.delete(messageId)
    return ready
  }
}
