/** Recognises what a file is by its first bytes. */
import type { ByteSource } from "./volume-bytes.ts"

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
  ["lzip", [0x4c, 0x5a, 0x49, 0x50]],
  ["compress", [0x1f, 0x9d]],
  ["exe", [0x4d, 0x5a]],
]

const startsWith = (bytes: Uint8Array, signature: ReadonlyArray<number>): boolean =>
  signature.every((byte, index) => bytes[index] === byte)

/** A tar header's checksum: the sum of its 512 bytes with the checksum field read as spaces. */
const isTarHeader = (block: Uint8Array): boolean => {
  if (block.length < 512) return false
  const field = Buffer.from(block.subarray(148, 156)).toString("latin1").replaceAll("\0", " ").trim()
  if (!/^[0-7]+$/.test(field)) return false
  let sum = 0
  for (let index = 0; index < 512; index++) sum += index >= 148 && index < 156 ? 32 : (block[index] ?? 0)
  return sum === Number.parseInt(field, 8)
}

/** The format that the first bytes say; reads at most 512 bytes. */
export const formatOf = (source: ByteSource): Format => {
  const head = source.read(0, 512)
  const found = signatures.find(([, signature]) => startsWith(head, signature))
  if (found !== undefined) return found[0]
  // "BZh" and a block size, 1 to 9
  if (startsWith(head, [0x42, 0x5a, 0x68]) && (head[3] ?? 0) >= 0x31 && (head[3] ?? 0) <= 0x39) return "bzip2"
  return isTarHeader(head) ? "tar" : "other"
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
  compress: "compress data",
  exe: "a program",
  other: "none of the known archive formats",
}

/** The format in words, for an operator. */
export const nameOfFormat = (format: Format): string => names[format]
