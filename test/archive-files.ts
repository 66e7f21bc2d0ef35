import { execFile } from "node:child_process"
import { createHash, randomBytes } from "node:crypto"
import { createReadStream } from "node:fs"
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { pipeline } from "node:stream/promises"
import { promisify } from "node:util"
import { sevenZipPath } from "../src/cpu/seven-zip.ts"

const run = promisify(execFile)

/**
 * Makes an archive with one file of so many random bytes in it, not compressed, by 7-Zip. `options`: of 7-Zip, such as
 * "-v400k" for volumes. Resolves with the path, to which 7-Zip adds `.001` ... when it makes volumes.
 */
export const makeArchive = async (
  folder: string,
  name: string,
  bytes: number,
  ...options: ReadonlyArray<string>
): Promise<string> => {
  await mkdir(folder, { recursive: true })
  const content = join(folder, `${name}.stl`)
  await writeFile(content, randomBytes(bytes))
  const path = join(folder, name)
  await run(sevenZipPath(), ["a", "-mx=0", "-bso0", "-bsp0", ...options, path, content])
  return path
}

/** The SHA-256 of a file, in hex. */
export const sha256 = async (path: string): Promise<string> => {
  const hash = createHash("sha256")
  await pipeline(createReadStream(path), hash)
  return hash.digest("hex")
}
