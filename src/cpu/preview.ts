/** Takes one image out of an archive, bounded in bytes and time. */
import { renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import type { Cancellation } from "./cancellation.ts"
import { extractEntry } from "./extract.ts"
import type { PreviewJob, PreviewResult } from "./jobs.ts"
import type { CpuLimits } from "./limits.ts"

const isImage = (head: Uint8Array): boolean =>
  (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) ||
  (head[0] === 0x89 && head[1] === 0x50 && head[2] === 0x4e && head[3] === 0x47)

/**
 * Writes the entry to `target`, so that its bytes cross no channel. Null when the entry is absent, encrypted, damaged,
 * too large, or no JPEG or PNG.
 */
export const extractPreview = async (
  job: PreviewJob,
  cancellation: Cancellation,
  limits: CpuLimits,
): Promise<PreviewResult> => {
  const result = await extractEntry({ ...job, workDirectory: dirname(job.target) }, cancellation, limits)
  if (!result.ok || !isImage(result.content)) return null
  const unfinished = `${job.target}.extracting`
  try {
    writeFileSync(unfinished, result.content)
    renameSync(unfinished, job.target)
    return { bytes: result.content.length }
  } finally {
    rmSync(unfinished, { force: true })
  }
}
