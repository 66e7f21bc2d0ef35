/** Takes one image out of an archive, bounded in bytes and time. */
import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs"
import { dirname } from "node:path"
import { familyByContent } from "../archive/completeness.ts"
import type { Cancellation } from "./cancellation.ts"
import type { PreviewJob, PreviewResult } from "./jobs.ts"
import { runSevenZip } from "./seven-zip.ts"
import { withVolumeLinks } from "./volume-links.ts"
import { withVolumeReader } from "./volume-reader.ts"

/** A solid archive has to be unpacked up to the image. */
const wallMilliseconds = 30_000

const isImage = (head: Uint8Array): boolean =>
  (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) ||
  (head[0] === 0x89 && head[1] === 0x50 && head[2] === 0x4e && head[3] === 0x47)

/**
 * Streams the entry to `target`. The entry's path only selects: 7-Zip writes to its standard output, so no path from an
 * archive is ever created. Null when the entry is absent, encrypted, damaged, too large, or no JPEG or PNG.
 */
export const extractPreview = async (job: PreviewJob, cancellation: Cancellation): Promise<PreviewResult> => {
  const unfinished = `${job.target}.extracting`
  const paths = job.volumes.map((volume) => volume.path)
  const family = withVolumeReader(paths, cancellation, ({ volumes, readAt }) =>
    familyByContent(job.family, volumes, readAt),
  )
  const file = openSync(unfinished, "w")
  let isOpen = true
  const close = () => {
    if (isOpen) closeSync(file)
    isOpen = false
  }
  try {
    const head = Buffer.alloc(4)
    let bytes = 0
    const exit = await withVolumeLinks(family, job.volumes, dirname(job.target), (links) =>
      runSevenZip({
        // -spd and -i! take the path literally: no wildcards, no list files, no options.
        arguments: ["e", "-so", "-spd", "-sccUTF-8", "-p", `-i!${job.entryPath}`, "--", links.first],
        directory: links.directory,
        wallMilliseconds,
        maxOutputBytes: job.maxBytes,
        cancellation,
        onOutput: (chunk) => {
          if (bytes < head.length) head.set(chunk.subarray(0, head.length - bytes), bytes)
          bytes += chunk.length
          for (let done = 0; done < chunk.length; ) done += writeSync(file, chunk, done)
        },
      }),
    )
    close()
    if (exit.code !== 0 || exit.stoppedBy !== "nobody" || !isImage(head)) return null
    renameSync(unfinished, job.target)
    return { bytes }
  } finally {
    close()
    rmSync(unfinished, { force: true })
  }
}
