/** Finds out what is inside a set: own header checks first, which are cheap and certain, then 7-Zip's listing. */
import { type Completeness, checkCompleteness, familyByContent } from "../archive/completeness.ts"
import { type ArchiveEntry, entryOf, type Listing } from "../archive/entry-collector.ts"
import { type Format, formatOf } from "../archive/magic.ts"
import { flagsOfSet } from "../archive/set-flags.ts"
import { joinedSource } from "../archive/volume-bytes.ts"
import type { Family } from "../archive/volume-name.ts"
import type { Cancellation } from "./cancellation.ts"
import type { InspectJob, InspectResult } from "./jobs.ts"
import type { CpuLimits } from "./limits.ts"
import { listVolumes, streamNameOf } from "./listing-run.ts"
import type { SevenZipExit } from "./seven-zip.ts"
import { withVolumeReader } from "./volume-reader.ts"

const nothing: Listing = { entries: [], fileCount: 0, truncated: false, encrypted: false }

const resultOf = (
  state: InspectResult["state"],
  detail: string,
  listing: Listing = nothing,
  completeness?: Completeness,
): InspectResult => ({
  state,
  detail,
  ...listing,
  flags: flagsOfSet(state, listing, completeness?.state === "complete_by_name"),
})

const passwordNeeded = /Wrong password|Cannot open encrypted archive/i

/** Compressors that 7-Zip does not know; what is in them is found in the pass that digests the set. */
const isForeignStream = (job: InspectJob, family: Family, format: Format): boolean => {
  if (family !== "tar" && family !== "tar_split") return false
  const isBrotli = format === "other" && /\.br(?:\.[^.]+)?$/i.test(job.volumes[0]?.name ?? "")
  return format === "lz4" || format === "lzip" || isBrotli
}

/** The one entry of a stream of which nothing is known but that it is packed. */
const streamEntry = (job: InspectJob, family: Family, bytes: number): ArchiveEntry =>
  entryOf(streamNameOf(family, job.volumes) ?? "", 0, { compressedBytes: bytes })

const stops: Record<SevenZipExit["stoppedBy"], string> = {
  nobody: "",
  time: "Listing took too long and was stopped.",
  output: "The listing is too long and was cut off.",
  limits: "Listing went beyond its limit of CPU time or memory.",
}

const judge = (completeness: Completeness, listing: Listing, exit: SevenZipExit): InspectResult => {
  if (completeness.encryptedHeaders === true || (listing.fileCount === 0 && passwordNeeded.test(exit.errors))) {
    const detail = "The names of the files need a password."
    return resultOf("headers_encrypted", detail, { ...nothing, encrypted: true }, completeness)
  }
  if (completeness.state === "renamed") return resultOf("renamed", completeness.detail, listing)
  if (completeness.state === "damaged") return resultOf("damaged", completeness.detail, listing)
  if (exit.stoppedBy !== "nobody") {
    const state = listing.fileCount > 0 ? "listed" : "damaged"
    return resultOf(state, stops[exit.stoppedBy], { ...listing, truncated: true }, completeness)
  }
  // 0 is fine and 1 is a warning; with 2 the entries are those that were still readable.
  if (exit.code === 0 || exit.code === 1) return resultOf("listed", "", listing, completeness)
  return resultOf("damaged", `7-Zip could not read all of it (code ${exit.code}).`, listing)
}

/**
 * Inspects a set. Every archive, however broken or hostile, ends in a result within the limits; only a missing file or
 * tool, or cancellation, throws.
 */
export const inspectSet = async (
  job: InspectJob,
  cancellation: Cancellation,
  limits: CpuLimits,
): Promise<InspectResult> => {
  const paths = job.volumes.map((volume) => volume.path)
  // Both walk through the headers of a RAR and neither reads more than those, so they may do it at the same time.
  const early = job.family.startsWith("rar")
    ? listVolumes(job.family, job.volumes, job.workDirectory, cancellation, limits)
    : undefined
  early?.catch(() => {})
  let checked: {
    readonly completeness: Completeness
    readonly family: Family
    readonly format: Format
    readonly bytes: number
  }
  try {
    checked = withVolumeReader(paths, cancellation, ({ volumes, readAt }) => ({
      completeness: checkCompleteness(job.family, volumes, readAt),
      family: familyByContent(job.family, volumes, readAt),
      format: formatOf(joinedSource(volumes, readAt)),
      bytes: volumes.reduce((sum, volume) => sum + volume.bytes, 0),
    }))
  } catch (error) {
    await early?.catch(() => {})
    throw error
  }
  const { bytes, completeness, family, format } = checked
  if (job.family === "document") {
    const entry = entryOf(job.volumes[0]?.name ?? "", bytes, { compressedBytes: bytes })
    return resultOf("not_an_archive", "", { ...nothing, entries: [entry], fileCount: 1 })
  }
  if (completeness.state === "incomplete") {
    await early
    return resultOf("incomplete", completeness.detail)
  }
  if (isForeignStream(job, family, format)) {
    const listing = { ...nothing, entries: [streamEntry(job, family, bytes)], fileCount: 1 }
    return resultOf("listed", "", listing, completeness)
  }
  const { listing, exit } = await (early ?? listVolumes(family, job.volumes, job.workDirectory, cancellation, limits))
  return judge(completeness, listing, exit)
}
