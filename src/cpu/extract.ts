/** Takes one entry out of a set into memory, bounded in bytes and time. */
import { mkdirSync } from "node:fs"
import { familyByContent } from "../archive/completeness.ts"
import type { Family } from "../archive/volume-name.ts"
import type { Cancellation } from "./cancellation.ts"
import type { ExtractJob, ExtractResult } from "./jobs.ts"
import type { CpuLimits } from "./limits.ts"
import { listVolumes } from "./listing-run.ts"
import { runSevenZip } from "./seven-zip.ts"
import { withVolumeLinks } from "./volume-links.ts"
import { withVolumeReader } from "./volume-reader.ts"

/** A listed entry, as 7-Zip may be asked for it. */
interface Selection {
  readonly pattern: string
  /** `pattern` is the name itself, character by character. */
  readonly literal: boolean
}

/**
 * How 7-Zip is asked for a listed path. A name that is shown otherwise than it is (control characters, a guessed code
 * page) cannot be given literally; a `?` stands for one character of it, and must then fit no other entry.
 */
const selectionOf = (path: string, isShownAsIs: boolean): Selection =>
  isShownAsIs
    ? { pattern: path, literal: true }
    : {
        pattern: [...path].map((character) => (/^[\x20-\x7e]$/.test(character) ? character : "?")).join(""),
        literal: false,
      }

const extractWith = async (
  family: Family,
  job: ExtractJob,
  selection: Selection,
  cancellation: Cancellation,
  limits: CpuLimits,
): Promise<ExtractResult> => {
  const chunks: Array<Uint8Array> = []
  const exit = await withVolumeLinks(family, job.volumes, job.workDirectory, (links) =>
    runSevenZip({
      // -spd and -i! take the path literally: no wildcards, no list files, no options.
      arguments: [
        "e",
        "-so",
        ...(selection.literal ? ["-spd"] : []),
        "-sccUTF-8",
        "-p",
        `-i!${selection.pattern}`,
        "--",
        links.first,
      ],
      directory: links.directory,
      wallMilliseconds: limits.listingSeconds * 1000,
      memoryBytes: limits.listingMemoryBytes,
      maxOutputBytes: job.maxBytes,
      cancellation,
      onOutput: (chunk) => chunks.push(Uint8Array.from(chunk)),
    }),
  )
  if (exit.stoppedBy === "output") return { ok: false, reason: "too_large" }
  if (exit.stoppedBy !== "nobody" || (exit.code !== 0 && exit.code !== 1)) {
    const isSecret = /Wrong password|encrypted/i.test(exit.errors)
    return { ok: false, reason: isSecret ? "encrypted" : "damaged" }
  }
  return { ok: true, content: new Uint8Array(Buffer.concat(chunks)) }
}

/**
 * Reads the entry into memory. Its path only selects, and nothing is ever written: 7-Zip prints the content. Works for
 * every format and for sets of several volumes, except for what is inside a compressed tar.
 */
export const extractEntry = async (
  job: ExtractJob,
  cancellation: Cancellation,
  limits: CpuLimits,
): Promise<ExtractResult> => {
  mkdirSync(job.workDirectory, { recursive: true })
  const paths = job.volumes.map((volume) => volume.path)
  const family = withVolumeReader(paths, cancellation, ({ volumes, readAt }) =>
    familyByContent(job.family, volumes, readAt),
  )
  const { listing } = await listVolumes(family, job.volumes, job.workDirectory, cancellation, limits)
  const found = listing.entries.filter((entry) => entry.path === job.entryPath && !entry.directory)
  const [entry] = found
  if (entry === undefined) return { ok: false, reason: "absent" }
  if (entry.uncompressedBytes > job.maxBytes) return { ok: false, reason: "too_large" }
  if (entry.encrypted) return { ok: false, reason: "encrypted" }
  const isShownAsIs = !entry.flags.includes("guessed_name") && !entry.flags.includes("control_characters")
  const selection = selectionOf(entry.path, isShownAsIs)
  const fitting = new RegExp(
    `^${[...selection.pattern].map((c) => (c === "?" ? "." : c.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&"))).join("")}$`,
    "isu",
  )
  const rivals = selection.literal ? found : listing.entries.filter((other) => fitting.test(other.path))
  if (rivals.length > 1 || listing.truncated) {
    if (!selection.literal || found.length > 1) return { ok: false, reason: "ambiguous" }
  }
  return extractWith(family, job, selection, cancellation, limits)
}
