/** Takes one entry out of a set into memory, bounded in bytes and time. */
import { closeSync, mkdirSync, openSync, readSync } from "node:fs"
import { familyByContent } from "../archive/completeness.ts"
import type { ArchiveEntry, Listing } from "../archive/entry-collector.ts"
import { TarLister } from "../archive/tar-listing.ts"
import type { Family } from "../archive/volume-name.ts"
import type { Cancellation } from "./cancellation.ts"
import { Inflow } from "./inflow.ts"
import type { ExtractJob, ExtractResult } from "./jobs.ts"
import type { CpuLimits } from "./limits.ts"
import { listVolumes, streamNameOf } from "./listing-run.ts"
import { runSevenZip } from "./seven-zip.ts"
import { withVolumeLinks } from "./volume-links.ts"
import { withVolumeReader } from "./volume-reader.ts"

const maxChunkBytes = 1024 * 1024

/** A listed entry, as 7-Zip may be asked for it. */
interface Selection {
  readonly pattern: string
  /** `pattern` is the name itself, character by character. */
  readonly literal: boolean
}

/**
 * How 7-Zip is asked for a listed path. A name that is shown otherwise than it is (control characters, a guessed code
 * page) cannot be given literally: a `?` stands for each such character of it, and the others that fit are printed, too.
 */
const selectionOf = (path: string, isShownAsIs: boolean): Selection =>
  isShownAsIs
    ? { pattern: path, literal: true }
    : {
        pattern: [...path].map((character) => (/^[\x20-\x7e]$/.test(character) ? character : "?")).join(""),
        literal: false,
      }

/** What 7-Zip will print for a selection: several entries, one after the other, of which one is wanted. */
interface Place {
  readonly offset: number
  readonly bytes: number
}

const extractWith = async (
  family: Family,
  job: ExtractJob,
  selection: Selection,
  place: Place,
  cancellation: Cancellation,
  limits: CpuLimits,
): Promise<ExtractResult> => {
  const content = new Uint8Array(place.bytes)
  let printed = 0
  const end = place.offset + place.bytes
  const exit = await withVolumeLinks(family, job.volumes, job.workDirectory, (links) =>
    runSevenZip({
      arguments: [
        "e",
        "-so",
        // Takes the path literally: no wildcards.
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
      ...(limits.engine === undefined ? {} : { engine: limits.engine }),
      // The chunk with the wanted end may reach beyond it.
      maxOutputBytes: end + maxChunkBytes,
      cancellation,
      onOutput: (chunk) => {
        const from = Math.max(0, place.offset - printed)
        const wanted = chunk.subarray(from, Math.max(from, end - printed))
        if (printed < end) content.set(wanted, Math.max(0, printed - place.offset))
        printed += chunk.length
      },
    }),
  )
  if (/Wrong password|encrypted/i.test(exit.errors)) return { ok: false, reason: "encrypted" }
  const isFine = exit.code === 0 || exit.code === 1 || exit.stoppedBy === "output"
  return isFine && printed >= end ? { ok: true, content } : { ok: false, reason: "damaged" }
}

/** Reads the volumes in order into `inflow`, until it wants no more; false when the time ran out. */
const pour = async (
  job: ExtractJob,
  inflow: Inflow,
  isDone: () => boolean,
  cancellation: Cancellation,
  limits: CpuLimits,
): Promise<boolean> => {
  const buffer = Buffer.allocUnsafeSlow(maxChunkBytes)
  const until = performance.now() + limits.listingSeconds * 1000
  try {
    for (const { path } of job.volumes) {
      const file = openSync(path, "r")
      try {
        while (!isDone()) {
          cancellation.check()
          if (performance.now() > until) return false
          const count = readSync(file, buffer, 0, maxChunkBytes, null)
          if (count === 0) break
          await inflow.push(buffer.subarray(0, count))
        }
      } finally {
        closeSync(file)
      }
    }
    return (await inflow.end()) === "whole"
  } finally {
    inflow.stop()
  }
}

const contentResult = (content: Uint8Array | "too_large" | undefined, isWhole: boolean): ExtractResult => {
  if (content === undefined) return { ok: false, reason: isWhole ? "absent" : "damaged" }
  return content === "too_large" ? { ok: false, reason: "too_large" } : { ok: true, content }
}

/** What is inside a compressed tar has no place of its own: the stream is unpacked up to the entry. */
const extractFromTar = async (
  job: ExtractJob,
  cancellation: Cancellation,
  limits: CpuLimits,
): Promise<ExtractResult> => {
  const lister = new TarLister(0, { path: job.entryPath, maxBytes: job.maxBytes })
  const isWhole = await pour(job, new Inflow(lister, cancellation), () => lister.isDone, cancellation, limits)
  return contentResult(lister.content, isWhole)
}

/** The content of a stream that is no tar is all that it unpacks to. */
const extractStream = async (
  job: ExtractJob,
  cancellation: Cancellation,
  limits: CpuLimits,
): Promise<ExtractResult> => {
  const chunks: Array<Uint8Array> = []
  let bytes = 0
  const sink = {
    get isDone() {
      return bytes > job.maxBytes
    },
    push: (chunk: Uint8Array) => {
      bytes += chunk.length
      if (bytes <= job.maxBytes) chunks.push(Uint8Array.from(chunk))
    },
  }
  const isWhole = await pour(job, new Inflow(sink, cancellation), () => sink.isDone, cancellation, limits)
  if (sink.isDone) return { ok: false, reason: "too_large" }
  return contentResult(isWhole ? new Uint8Array(Buffer.concat(chunks)) : undefined, isWhole)
}

/** The listed entries that a selection brings, in the order in which they are printed. */
const fittingEntries = (listing: Listing, entry: ArchiveEntry, selection: Selection): ReadonlyArray<ArchiveEntry> => {
  const files = listing.entries.filter((other) => !other.directory)
  if (selection.literal) return files.filter((other) => other.path === entry.path)
  const escaped = [...selection.pattern].map((c) => (c === "?" ? "." : c.replace(/[\\^$.*+()[\]{}|/]/, "\\$&")))
  const fitting = new RegExp(`^${escaped.join("")}$`, "isu")
  return files.filter((other) => fitting.test(other.path))
}

/**
 * Reads the entry into memory. Its path only selects, and nothing is ever written: 7-Zip prints the content. Works for
 * every format and for sets of several volumes.
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
  const entry = listing.entries.find((listed) => listed.path === job.entryPath && !listed.directory)
  const stream = streamNameOf(family, job.volumes)
  if (stream !== undefined) {
    if (entry === undefined || stream === job.entryPath) {
      const found = await extractFromTar(job, cancellation, limits)
      // It is called as its stream when it is no tar, or, by 7-Zip, when it is one.
      return found.ok || stream !== job.entryPath ? found : extractStream(job, cancellation, limits)
    }
  }
  if (entry === undefined) return { ok: false, reason: "absent" }
  if (entry.uncompressedBytes > job.maxBytes) return { ok: false, reason: "too_large" }
  if (entry.encrypted) return { ok: false, reason: "encrypted" }
  const isShownAsIs = !entry.flags.includes("guessed_name") && !entry.flags.includes("control_characters")
  const selection = selectionOf(entry.path, isShownAsIs)
  if (!selection.literal && listing.truncated) return { ok: false, reason: "ambiguous" }
  const fitting = fittingEntries(listing, entry, selection)
  const before = fitting.slice(0, fitting.indexOf(entry))
  const place = {
    offset: before.reduce((sum, { uncompressedBytes }) => sum + uncompressedBytes, 0),
    bytes: entry.uncompressedBytes,
  }
  return extractWith(family, job, selection, place, cancellation, limits)
}
