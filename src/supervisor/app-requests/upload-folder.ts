import { lstat, realpath } from "node:fs/promises"
import { basename, dirname, join, sep } from "node:path"
import { Effect } from "effect"
import type { ManualFile } from "../../../db/manual-uploads.ts"
import { safeFileName } from "../../archive/safe-file-name.ts"
import { Refused } from "./work.ts"

/** An uploaded file that was found where it must be. */
export interface UploadedFile {
  readonly id: string
  readonly fileName: string
  readonly path: string
  readonly bytes: number
}

/** The end of the app's path, below the upload's own folder: the app may see the volume at another place than we do. */
const nameBelow = (uploadId: string, filePath: string): string | undefined => {
  const mark = `/${uploadId}/`
  const at = filePath.lastIndexOf(mark)
  const name = at < 0 ? "" : filePath.slice(at + mark.length)
  return name === "" || name === "." || name === ".." || /[/\\\0]/.test(name) ? undefined : name
}

const check = async (folder: string, uploadId: string, file: ManualFile): Promise<UploadedFile> => {
  const name = nameBelow(uploadId, file.filePath)
  if (name === undefined || basename(uploadId) !== uploadId || uploadId.startsWith("."))
    throw new Error(`${safeFileName(file.fileName)}: its path is not in the upload's folder`)
  const root = await realpath(folder).catch(() => undefined)
  if (root === undefined)
    throw new Error(
      `the folder ${folder} is not there: let UPLOAD_DIR be the volume that the web app writes uploads to`,
    )
  const home = join(root, uploadId)
  const path = join(home, name)
  const found = await lstat(path).catch(() => undefined)
  if (found === undefined) throw new Error(`${name}: there is no such file in ${home}`)
  if (!found.isFile() || dirname(await realpath(path)) !== home || !path.startsWith(home + sep))
    throw new Error(`${name}: it is no ordinary file in the upload's folder`)
  if (found.size !== file.fileSize)
    throw new Error(`${name}: it has ${found.size} bytes, and ${file.fileSize} were uploaded`)
  return { id: file.id, fileName: name, path, bytes: found.size }
}

/**
 * Finds the files of an upload, which must be ordinary files in the upload's own folder below `folder`, in full size. Nothing else
 * on the disk is ever published. Fails with `Refused`, which names the first that is not.
 */
export const uploadedFiles = (folder: string, uploadId: string, files: ReadonlyArray<ManualFile>) =>
  Effect.tryPromise({
    try: async () => {
      const found: Array<UploadedFile> = []
      for (const file of files) found.push(await check(folder, uploadId, file))
      return found
    },
    catch: (error) => new Refused({ reason: error instanceof Error ? error.message : String(error) }),
  })
