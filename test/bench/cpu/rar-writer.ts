/** Large RAR5 archives of stored files whose contents are holes (RARLAB's technote "RAR 5.0 archive format"). */
import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from "node:fs"
import { join } from "node:path"
import { crc32 } from "node:zlib"

const signature = Buffer.from("526172211a070100", "hex")

/** The format's variable-length numbers: seven bits a byte, least significant first. */
const numbers = (...values: ReadonlyArray<number>): Buffer => {
  const bytes: Array<number> = []
  for (const value of values) {
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
    bytes.push(rest)
  }
  return Buffer.from(bytes)
}

const block = (content: Buffer): Buffer => {
  const sized = Buffer.concat([numbers(content.length), content])
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32LE(crc32(sized))
  return Buffer.concat([checksum, sized])
}

const mainHeader = (volume: number, volumes: number): Buffer => {
  const [isVolume, hasNumber] = [0x01, 0x02]
  if (volumes === 1) return block(numbers(1, 0, 0))
  return block(volume === 0 ? numbers(1, 0, isVolume) : numbers(1, 0, isVolume | hasNumber, volume))
}

const fileHeader = (name: string, bytes: number, checksum: number): Buffer => {
  const [hasData, hasChecksum, unix, regularFile] = [0x02, 0x04, 1, 0o100644]
  const crc = Buffer.alloc(4)
  crc.writeUInt32LE(checksum)
  const text = Buffer.from(name)
  // Type, flags, size of the data; flags of the file, its size, its attributes; then checksum, method 0 (stored), system, name.
  const head = numbers(2, hasData, bytes, hasChecksum, bytes, regularFile)
  return block(Buffer.concat([head, crc, numbers(0, unix, text.length), text]))
}

const endHeader = (isLast: boolean): Buffer => block(numbers(5, 0, isLast ? 0 : 1))

/** Writes `count` files of `bytes` zeros each into `volumes` volumes below `folder`; returns their paths in order. */
export const rarVolumes = (folder: string, count: number, bytes: number, volumes: number): ReadonlyArray<string> => {
  mkdirSync(folder)
  const checksum = crc32(Buffer.alloc(bytes))
  const each = Math.ceil(count / volumes)
  return Array.from({ length: volumes }, (_, volume) => {
    const path = join(folder, volumes === 1 ? "sample.rar" : `sample.part${volume + 1}.rar`)
    const file = openSync(path, "w")
    let offset = 0
    const write = (content: Buffer) => {
      writeSync(file, content, 0, null, offset)
      offset += content.length
    }
    write(Buffer.concat([signature, mainHeader(volume, volumes)]))
    for (let index = volume * each; index < Math.min(count, (volume + 1) * each); index++) {
      write(fileHeader(`models/model ${String(index).padStart(5, "0")}.stl`, bytes, checksum))
      offset += bytes
    }
    ftruncateSync(file, offset)
    write(endHeader(volume === volumes - 1))
    closeSync(file)
    return path
  })
}
