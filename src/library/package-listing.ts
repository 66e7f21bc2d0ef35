/** What is recorded of a package once its archive was looked into, by whoever did that. */
import { type ArchiveEntry, entryOf } from "../archive/listing.ts"
import { rootFolderOf } from "../archive/root-folder.ts"
import { flagsOfSet } from "../archive/set-flags.ts"
import type { InspectResult, TarListing } from "../cpu/jobs.ts"

/** A tar has no directory of its own: it is listed in the pass that digests it. */
export const isListedByDigest = ({ family }: { readonly family: string }): boolean =>
  family === "tar" || family === "tar_split"

/** What was inspected, together with what the digest found in a tar; null: it was none. */
export const withTar = (inspection: InspectResult, tar: TarListing | null): InspectResult => {
  if (tar === null) return inspection
  const { damaged, ...listing } = tar
  const isDamaged = damaged && inspection.state === "listed"
  const state = isDamaged ? "damaged" : inspection.state
  return {
    ...listing,
    state,
    detail: isDamaged ? "The tar ends within an entry, or cannot be unpacked to its end." : inspection.detail,
    flags: flagsOfSet(state, listing),
  }
}

/**
 * What the package will list. An archive whose names need a password, or that is empty, gets one line that says so:
 * without any the package would read "metadata pending" for ever.
 */
const filesOf = ({ detail, entries, state }: InspectResult): ReadonlyArray<ArchiveEntry> => {
  const files = entries.filter((entry) => !entry.directory)
  if (files.length > 0) return files
  const why = state === "headers_encrypted" ? "the names of the files need a password" : detail || "nothing is inside"
  return [entryOf(`(${why})`, 0, { encrypted: state === "headers_encrypted" })]
}

/** The file list of a package, and the folder in which most of its files lie. */
export const packageListing = (inspection: InspectResult) => {
  const files = filesOf(inspection)
  return {
    fileCount: Math.max(inspection.fileCount, files.length),
    files: files.map((file) => ({ ...file, flags: file.encrypted ? [...file.flags, "encrypted"] : file.flags })),
    flags: inspection.flags,
    rootFolder: rootFolderOf(files),
  }
}
