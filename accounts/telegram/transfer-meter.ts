import type * as Td from "tdlib-types"
import type { Measurement } from "../../src/channel/measurements.ts"
import type { Direction } from "../../src/channel/supervisor-rpcs.ts"

/** Transfers that are remembered at most; TDLib moves far fewer files at once. */
const REMEMBERED = 1_000

/** How far a transfer is, as TDLib tells it. */
interface Transfer {
  readonly bytes: number
  readonly isActive: boolean
  readonly isDone: boolean
}

const transfersOf = ({ local, remote }: Td.file): Readonly<Record<Direction, Transfer>> => ({
  down: {
    bytes: local.downloaded_size,
    isActive: local.is_downloading_active,
    isDone: local.is_downloading_completed,
  },
  up: { bytes: remote.uploaded_size, isActive: remote.is_uploading_active, isDone: remote.is_uploading_completed },
})

/**
 * Hears TDLib's updates of files and notes what has moved. Bytes count from where a file stood when its transfer began:
 * TDLib keeps what an earlier life brought. An upload that begins anew counts anew.
 */
export const makeTransferMeter = (note: (measurement: Measurement) => void) => {
  /** By file and direction: the bytes that a transfer which has begun, and not come to its end, was counted for. */
  const begun = new Map<string, number>()

  const look = (id: number, direction: Direction, { bytes, isActive, isDone }: Transfer): void => {
    const key = `${direction} ${id}`
    const counted = begun.get(key)
    begun.delete(key)
    if (!isDone && (isActive || counted !== undefined)) begun.set(key, bytes)
    const oldest = begun.keys().next().value
    if (begun.size > REMEMBERED && oldest !== undefined) begun.delete(oldest)
    if (counted === undefined) return
    const moved = bytes < counted ? bytes : bytes - counted
    if (moved > 0) note({ _tag: "Moved", direction, bytes: moved })
    if (isDone) note({ _tag: "FileMoved", direction })
  }

  return {
    listener: (update: Td.Update): void => {
      if (update._ !== "updateFile") return
      const { down, up } = transfersOf(update.file)
      look(update.file.id, "down", down)
      look(update.file.id, "up", up)
    },
  }
}
