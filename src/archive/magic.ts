/** Recognises what a file is by its first bytes. */
import { hasTarChecksum } from "./tar-listing.ts"
import { type ByteSource, viewOf } from "./volume-bytes.ts"

/** The formats that are told apart; `other` is anything else. */
export type Format =
  | "zip"
  | "rar"
  | "seven_z"
  | "tar"
  | "gzip"
  | "bzip2"
  | "xz"
  | "zstd"
  | "lz4"
  | "lzip"
  | "lzma"
  | "compress"
  | "exe"
  | "other"

const signatures: ReadonlyArray<readonly [Format, ReadonlyArray<number>]> = [
  ["zip", [0x50, 0x4b, 0x03, 0x04]],
  ["zip", [0x50, 0x4b, 0x05, 0x06]],
  // A spanned zip begins with one of two markers (APPNOTE 8.5.3, 8.5.4).
  ["zip", [0x50, 0x4b, 0x07, 0x08]],
  ["zip", [0x50, 0x4b, 0x30, 0x30]],
  ["zip", [0x50, 0x4b, 0x06, 0x06]],
  ["rar", [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07]],
  ["seven_z", [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ["gzip", [0x1f, 0x8b]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["lz4", [0x04, 0x22, 0x4d, 0x18]],
  // the legacy format
  ["lz4", [0x02, 0x21, 0x4c, 0x18]],
  ["lzip", [0x4c, 0x5a, 0x49, 0x50]],
  ["compress", [0x1f, 0x9d]],
  ["exe", [0x4d, 0x5a]],
]

const startsWith = (bytes: Uint8Array, signature: ReadonlyArray<number>): boolean =>
  signature.every((byte, index) => bytes[index] === byte)

/**
 * The older LZMA format has no magic number: a byte of properties (lc + 9 lp + 45 pb), a dictionary of a size that
 * packers use, and the size of the content or -1 (LZMA specification, "LZMA file format").
 */
const isLzmaHeader = (head: Uint8Array): boolean => {
  if (head.length < 14 || (head[0] ?? 225) >= 225 || head[13] !== 0) return false
  const view = viewOf(head)
  const dictionary = view.getUint32(1, true)
  const power = 2 ** Math.floor(Math.log2(dictionary))
  if (dictionary < 4096 || (dictionary !== power && dictionary !== power * 1.5 && dictionary !== 0xffffffff))
    return false
  const size = view.getBigUint64(5, true)
  // 256 GiB: more than a file of Telegram can unpack to without being a bomb.
  return size === 2n ** 64n - 1n || size < 2n ** 38n
}

/** The format that the first bytes say; reads at most 512 bytes. */
export const formatOf = (source: ByteSource): Format => {
  const head = source.read(0, 512)
  const found = signatures.find(([, signature]) => startsWith(head, signature))
  if (found !== undefined) return found[0]
  // "BZh" and a block size, 1 to 9
  if (startsWith(head, [0x42, 0x5a, 0x68]) && (head[3] ?? 0) >= 0x31 && (head[3] ?? 0) <= 0x39) return "bzip2"
  if (head.length === 512 && hasTarChecksum(head)) return "tar"
  return isLzmaHeader(head) ? "lzma" : "other"
}

const names: Record<Format, string> = {
  zip: "a ZIP archive",
  rar: "a RAR archive",
  seven_z: "a 7z archive",
  tar: "a tar archive",
  gzip: "gzip data",
  bzip2: "bzip2 data",
  xz: "xz data",
  zstd: "Zstandard data",
  lz4: "LZ4 data",
  lzip: "lzip data",
  lzma: "LZMA data",
  compress: "compress data",
  exe: "a program",
  other: "none of the known archive formats",
}

/** The format in words, for an operator. */
export const nameOfFormat = (format: Format): string => names[format]
