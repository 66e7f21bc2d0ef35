import { execFile } from "node:child_process"
import { randomBytes } from "node:crypto"
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
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
