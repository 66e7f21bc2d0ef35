import { createCipheriv, createHash, createSecretKey, type Hash, type KeyObject } from "node:crypto"
import { setImmediate } from "node:timers/promises"
import { giveBack } from "../give-back.ts"
import { readAt } from "./positional.ts"

/** The bytes of a document or photo. Reading is positional and holds nothing in memory. */
export interface Content {
  /** How many bytes there are. */
  readonly bytes: number
  /** Up to length bytes from offset, in memory of their own; fewer only at the end. */
  readonly read: (offset: number, length: number) => Buffer
}

const HASH_STEP = 4 * 1024 * 1024

const clamp = (content: { readonly bytes: number }, offset: number, length: number): number =>
  Math.max(0, Math.min(length, content.bytes - offset))

/** A file on disk of a known size. */
export const fileContent = (path: string, bytes: number): Content => ({
  bytes,
  read: (offset, length) => readAt(path, offset, clamp({ bytes }, offset, length)),
})

/** Nothing writes to it. */
let nothing = Buffer.alloc(1024 * 1024)

const zeros = (length: number): Buffer => {
  if (nothing.length < length) nothing = Buffer.alloc(length)
  return nothing.subarray(0, length)
}

/**
 * Deterministic pseudo-random bytes: the AES-256-CTR key stream under SHA-256 of the seed with a zero nonce. The counter
 * makes any offset reachable at once, so gigabytes need neither memory nor disk.
 */
export const generatedContent = (bytes: number, seed: string | number): Content => {
  // Most of very many files are never read.
  let key: KeyObject | undefined
  return {
    bytes,
    read: (offset, length) => {
      key ??= createSecretKey(createHash("sha256").update(String(seed)).digest())
      const wanted = clamp({ bytes }, offset, length)
      const skipped = offset % 16
      const counter = Buffer.alloc(16)
      counter.writeBigUInt64BE(BigInt((offset - skipped) / 16), 8)
      return createCipheriv("aes-256-ctr", key, counter)
        .update(zeros(skipped + wanted))
        .subarray(skipped)
    },
  }
}

/** The distance between the beginnings of two parts in an upload's file: the largest part size there is. */
export const PART_SLOT_BYTES = 512 * 1024

/** An upload's file: part n begins at n * 512 KiB whatever the part size is, because a part does not tell the others' size. */
export const uploadedContent = (path: string, bytes: number, partBytes: number): Content => ({
  bytes,
  read: (offset, length) => {
    const pieces: Buffer[] = []
    let position = offset
    let left = clamp({ bytes }, offset, length)
    while (left > 0) {
      const within = position % partBytes
      const piece = readAt(
        path,
        Math.floor(position / partBytes) * PART_SLOT_BYTES + within,
        Math.min(left, partBytes - within),
      )
      pieces.push(piece)
      position += piece.length
      left -= piece.length
    }
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
  },
})

/** Bytes are asked for that were not kept; only how long they are and their digest is known. */
export class NotKeptError extends Error {
  override readonly name = "NotKeptError"
}

/** A file of which only the beginning and the end are there, one behind the other in a file. Reading throws NotKeptError elsewhere. */
export const pagedContent = (
  path: string,
  bytes: number,
  kept: { readonly head: number; readonly tail: number },
): Content => ({
  bytes,
  read: (offset, length) => {
    const wanted = clamp({ bytes }, offset, length)
    const tailStart = bytes - kept.tail
    if (offset + wanted <= kept.head) return readAt(path, offset, wanted)
    if (offset >= tailStart) return readAt(path, kept.head + offset - tailStart, wanted)
    if (tailStart > kept.head) throw new NotKeptError(`bytes ${offset} to ${offset + wanted} were not kept`)
    const first = readAt(path, offset, kept.head - offset)
    return Buffer.concat([first, readAt(path, kept.head + kept.head - tailStart, wanted - first.length)])
  },
})

function* hashSteps(content: Content): Generator<Hash> {
  const hash = createHash("sha256")
  for (let offset = 0; offset < content.bytes; offset += HASH_STEP) {
    const bytes = content.read(offset, HASH_STEP)
    hash.update(bytes)
    giveBack(bytes)
    yield hash
  }
  yield hash
}

/** SHA-256 in hex, computed at once: blocks for about a second per gigabyte. */
export const sha256Now = (content: Content): string => {
  let last: Hash | undefined
  for (const hash of hashSteps(content)) last = hash
  return (last ?? createHash("sha256")).digest("hex")
}

/** SHA-256 in hex, computed in steps that let other work through. */
export const sha256Soon = async (content: Content): Promise<string> => {
  let last: Hash | undefined
  for (const hash of hashSteps(content)) {
    last = hash
    await setImmediate()
  }
  return (last ?? createHash("sha256")).digest("hex")
}
