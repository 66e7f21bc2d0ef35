import type { Finding } from "./finding.ts"

/** An account and what is to be said of its TDLib folder; `isToMove`: it is to change its owner. */
export interface InspectedAccount {
  readonly folder: string
  readonly isToMove: boolean
  readonly finding: Finding
}

/** All that was found, and the accounts' folders. */
export interface Inspection {
  readonly findings: ReadonlyArray<Finding>
  readonly accounts: ReadonlyArray<InspectedAccount>
}
