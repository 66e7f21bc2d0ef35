import type { SevenZipEngine } from "./seven-zip-program.ts"

/** What an operator lets looking into an archive cost. */
export interface CpuLimits {
  /** Entries that are returned and stored of one archive; all are counted. */
  readonly maxEntries: number
  /** How long one listing or one extraction may take. */
  readonly listingSeconds: number
  /** Memory of the process that reads the archive. */
  readonly listingMemoryBytes: number
  /** How 7-Zip is run; default: its program, where that can be started. */
  readonly engine?: SevenZipEngine
}

export const defaultCpuLimits: CpuLimits = {
  maxEntries: 100_000,
  listingSeconds: 60,
  listingMemoryBytes: 512 * 1024 ** 2,
}
