/** The end block of a RAR volume, found from the volume's last bytes without walking there. */
import { crc32 } from "node:zlib"
import { type ByteSource, viewOf } from "./volume-bytes.ts"

/** End blocks are 7 to 20 bytes long in RAR 3 and 4, and 8 in RAR 5 (RARLAB technotes); WinRAR may fill up with zeros. */
export const rarEndBytes = 512

const endType4 = 0x7b
const endType5 = 5

type End = "last" | "not_last"

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0)

const endOf4 = (block: Uint8Array): End | undefined => {
  if (block.length < 7 || block[2] !== endType4) return undefined
  const view = viewOf(block)
  const bytes = view.getUint16(5, true)
  if (bytes < 7 || bytes > block.length || !isZero(block.subarray(bytes))) return undefined
  if ((crc32(block.subarray(2, bytes)) & 0xffff) !== view.getUint16(0, true)) return undefined
  return (view.getUint16(3, true) & 0x01) !== 0 ? "not_last" : "last"
}

/** The numbers of an end block are all below 128, so each is one byte. */
const endOf5 = (block: Uint8Array): End | undefined => {
  if (block.length < 8 || block[4] !== 3 || block[5] !== endType5 || !isZero(block.subarray(8))) return undefined
  if (crc32(block.subarray(4, 8)) !== viewOf(block).getUint32(0, true)) return undefined
  return ((block[7] ?? 0) & 0x01) !== 0 ? "not_last" : "last"
}

/**
 * Whether another volume follows the one whose last bytes these are. Undefined when no end block with a right checksum
 * and nothing but zeros behind it is there: an old archive, encrypted headers, or something behind the archive.
 */
export const readRarEnd = (volume: ByteSource, version: 4 | 5): End | undefined => {
  const start = Math.max(0, volume.bytes - rarEndBytes)
  const tail = volume.read(start, rarEndBytes)
  if (start + tail.length !== volume.bytes) return undefined
  const read = version === 4 ? endOf4 : endOf5
  for (let at = tail.length - 7; at >= 0; at--) {
    const end = read(tail.subarray(at))
    if (end !== undefined) return end
  }
  return undefined
}
