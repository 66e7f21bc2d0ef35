/** A large ZIP of stored files whose contents are holes, written header by header (APPNOTE 4.3). */
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs"
import { crc32 } from "node:zlib"

/** Writes `count` files of `bytes` zeros each to `path` and returns it. */
export const zipArchive = (path: string, count: number, bytes: number): string => {
  const file = openSync(path, "w")
  const checksum = crc32(Buffer.alloc(bytes))
  const headers: Array<Buffer> = []
  let offset = 0
  for (let index = 0; index < count; index++) {
    const name = Buffer.from(`models/model ${String(index).padStart(5, "0")}.stl`)
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0)
    shared.writeUInt32LE(checksum, 10)
    shared.writeUInt32LE(bytes, 14)
    shared.writeUInt32LE(bytes, 18)
    shared.writeUInt16LE(name.length, 22)
    writeSync(file, Buffer.concat([Buffer.from("PK\u0003\u0004", "latin1"), shared, name]), 0, null, offset)
    const header = Buffer.alloc(46)
    header.writeUInt32LE(0x02014b50, 0)
    header.writeUInt16LE(0x0314, 4)
    shared.copy(header, 6)
    header.writeUInt32LE(offset, 42)
    headers.push(Buffer.concat([header, name]))
    offset += 30 + name.length + bytes
  }
  const directory = Buffer.concat(headers)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(count, 8)
  end.writeUInt16LE(count, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  ftruncateSync(file, offset)
  writeSync(file, Buffer.concat([directory, end]), 0, null, offset)
  closeSync(file)
  return path
}
