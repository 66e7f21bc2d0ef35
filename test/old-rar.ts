import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { crc32 } from "node:zlib"

const corpus = fileURLToPath(new URL("./corpus/", import.meta.url))

export interface OldRar {
  /** By the end of its name. */
  readonly rar: string
  readonly r00: string
  readonly r01: string
}

/** A RAR set in volumes that are named and marked in the old way, which no program makes any more. */
export const oldRar = async (folder: string, name: string): Promise<OldRar> => {
  await mkdir(folder, { recursive: true })
  const volume = async (part: number, end: string) => {
    const content = await readFile(join(corpus, `test_rar_multivolume_single_file.part${part}.rar`))
    // The main header's flag for new names, and the checksum over that header.
    content.writeUInt16LE(content.readUInt16LE(10) & ~0x10, 10)
    content.writeUInt16LE(crc32(content.subarray(9, 20)) & 0xffff, 7)
    const path = join(folder, `${name}.${end}`)
    await writeFile(path, content)
    return path
  }
  return { rar: await volume(1, "rar"), r00: await volume(2, "r00"), r01: await volume(3, "r01") }
}
