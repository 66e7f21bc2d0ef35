import { join } from "node:path"
import * as Schema from "effect/Schema"

/**
 * What an account cell can be made to suffer from within. As the points of fault-point.ts: by a file in the folder of
 * STASH_FAULT_POINTS, which the cell takes away as it obeys, and nowhere else.
 */
export const cellFaults = ["leak memory", "block the actor", "abort TDLib", "throw in the actor"] as const
export type CellFault = (typeof cellFaults)[number]

export const CellFaultFile = Schema.fromJsonString(Schema.Struct({ what: Schema.Literals(cellFaults) }))

/** The file that asks for a fault in the cell of this account. */
export const cellFaultPath = (directory: string, accountId: string): string => join(directory, `${accountId}.cell.json`)
