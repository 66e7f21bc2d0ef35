/** Runs 7-Zip's listing of a set and hears its entries. */
import { entryOf, type Listing, ListingParser } from "../archive/listing.ts"
import type { Family } from "../archive/volume-name.ts"
import type { Cancellation } from "./cancellation.ts"
import type { Volume } from "./jobs.ts"
import type { CpuLimits } from "./limits.ts"
import { runSevenZip, type SevenZipExit } from "./seven-zip.ts"
import { withVolumeLinks } from "./volume-links.ts"

/** Far beyond a million entries of 400 bytes each; nothing of it is held. */
const maxOutputBytes = 4 * 1024 ** 3

/** A stream of one compressor has no name of its own inside; it is called as its file without the last extension. */
export const streamNameOf = (family: Family, volumes: ReadonlyArray<Volume>): string | undefined => {
  if (family !== "tar" && family !== "tar_split") return undefined
  const name = volumes[0]?.name ?? ""
  // Of a byte split the number goes, too.
  return (family === "tar" ? name : name.replace(/\.[^.]+$/, "")).replace(/\.[^.]+$/, "")
}

/** 7-Zip calls it as the link that it was given. */
const withStreamName = (listing: Listing, name: string): Listing => {
  const [only] = listing.entries
  if (listing.entries.length !== 1 || only === undefined || !/^set(?:\.tar)?$/.test(only.path)) return listing
  const { compressedBytes, crc32, uncompressedBytes } = only
  return { ...listing, entries: [entryOf(name, uncompressedBytes, { compressedBytes, crc32 })] }
}

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
    const stream = streamNameOf(family, volumes)
    const parser = new ListingParser(limits.maxEntries, stream)
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
    const listing = parser.end()
    return { listing: stream === undefined ? listing : withStreamName(listing, stream), exit }
  })
