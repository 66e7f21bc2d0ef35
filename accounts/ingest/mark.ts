import type { ArchiveSet, SourceFile } from "../../src/archive/archive-set.ts"
import type { Departure } from "./set-work.ts"

/** A set of a scan, and how it left. */
export interface Travelled {
  readonly set: Pick<ArchiveSet<SourceFile>, "firstMessageId" | "volumes">
  /** Undefined: settled in an earlier cycle. */
  readonly departure: Pick<Departure, "outcome"> | undefined
}

export const isSettled = ({ departure }: Travelled): boolean =>
  departure?.outcome !== "deferred" && departure?.outcome !== "waiting"

const lastMessageId = ({ set }: Travelled): number => Math.max(...set.volumes.map(({ messageId }) => messageId))

/**
 * Where a channel's mark may move after a scan that went up to `newestMessageId`. It passes a message only when it is
 * settled (P2): it stops right before the oldest unsettled set, and never within a set, since the next scan would see
 * the rest of it as another one.
 */
export const markAfter = (newestMessageId: number, travelled: ReadonlyArray<Travelled>): number => {
  const unsettled = travelled.filter((one) => !isSettled(one))
  let mark = unsettled.reduce((lowest, { set }) => Math.min(lowest, set.firstMessageId - 1), newestMessageId)
  for (;;) {
    const cut = travelled.find((one) => one.set.firstMessageId <= mark && lastMessageId(one) > mark)
    if (cut === undefined) return mark
    mark = cut.set.firstMessageId - 1
  }
}
