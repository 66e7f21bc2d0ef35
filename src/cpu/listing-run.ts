/** Runs 7-Zip's listing of a set and hears its entries. */
import { type Listing, ListingParser } from "../archive/listing.ts"
import type { Family } from "../archive/volume-name.ts"
import type { Cancellation } from "./cancellation.ts"
import type { Volume } from "./jobs.ts"
import type { CpuLimits } from "./limits.ts"
import { runSevenZip, type SevenZipExit } from "./seven-zip.ts"
import { withVolumeLinks } from "./volume-links.ts"

/** Far beyond a million entries of 400 bytes each; nothing of it is held. */
const maxOutputBytes = 4 * 1024 ** 3

export interface ListedSet {
  readonly listing: Listing
  readonly exit: SevenZipExit
}

/** Lists the volumes as a set of `family`, through links below `workDirectory`. */
export const listVolumes = (
  family: Family,
  volumes: ReadonlyArray<Volume>,
  workDirectory: string,
  cancellation: Cancellation,
  limits: CpuLimits,
): Promise<ListedSet> =>
  withVolumeLinks(family, volumes, workDirectory, async (links) => {
    const parser = new ListingParser(limits.maxEntries)
    const exit = await runSevenZip({
      // -ba keeps the archive's comment out of the output; an empty -p keeps 7-Zip from asking for a password.
      arguments: ["l", "-slt", "-ba", "-sccUTF-8", "-p", "--", links.first],
      directory: links.directory,
      wallMilliseconds: limits.listingSeconds * 1000,
      memoryBytes: limits.listingMemoryBytes,
      ...(limits.engine === undefined ? {} : { engine: limits.engine }),
      maxOutputBytes,
      cancellation,
      onOutput: (chunk) => parser.push(chunk),
    })
    return { listing: parser.end(), exit }
  })
