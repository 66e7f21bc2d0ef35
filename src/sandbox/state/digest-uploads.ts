import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { crc32 } from "node:zlib"
import { giveBack } from "../give-back.ts"
import { LastBytes } from "./last-bytes.ts"
import { RunningDigest } from "./running-digest.ts"
import { type FinishedUpload, sizesOf, UploadError, type Uploads } from "./uploads.ts"

/** How much of the beginning and of the end of an upload is kept: bytes. */
const HEAD_BYTES = 512 * 1024
const TAIL_BYTES = 128 * 1024

/** How many bytes of early parts are held in memory; more of them wait on disk. */
const MAX_EARLY_BYTES = 16 * 1024 * 1024

/** How many uploads may be under way; the one that was touched longest ago is forgotten for one more. */
const MAX_UPLOADS = 128

interface Upload {
  readonly lengths: number[]
  /** Of each part, to know one that comes again. */
  readonly checksums: number[]
  readonly digest: RunningDigest
  head: Uint8Array
  readonly tail: LastBytes
  /** Parts that wait in memory. */
  readonly early: Map<number, Uint8Array>
}

/**
 * Uploads of which only the size, the SHA-256, the beginning and the end are kept, so that files of gigabytes need
 * neither memory nor disk. Parts that come too early wait in memory, or when that is full on disk as NAME.N. A hash under way
 * cannot be kept over the end of the process: an upload that was not finished then begins anew.
 */
export class DigestUploads implements Uploads {
  readonly #directory: string
  readonly #uploads = new Map<string, Upload>()
  #earlyBytes = 0

  /** directory: for early parts and for the pages of finished uploads. */
  constructor(directory: string) {
    this.#directory = directory
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    for (const file of readdirSync(directory)) {
      if (!file.endsWith(".pages")) rmSync(join(directory, file), { force: true })
    }
  }

  has(name: string): boolean {
    return this.#uploads.has(name)
  }

  savePart(name: string, part: number, data: Uint8Array): void {
    const upload = this.#touch(name)
    const checksum = crc32(data)
    if (upload.lengths[part] !== undefined) {
      // What is hashed cannot be taken back.
      if (upload.lengths[part] !== data.length || upload.checksums[part] !== checksum) {
        throw new UploadError("FILE_PART_INVALID")
      }
      return
    }
    upload.lengths[part] = data.length
    upload.checksums[part] = checksum
    if (upload.digest.take(part, data) === "early") {
      this.#keepEarly(name, upload, part, data)
      return
    }
    this.#keepPages(upload, part, data)
    for (const [next, bytes] of upload.digest.catchUp()) {
      this.#keepPages(upload, next, bytes)
      giveBack(bytes)
    }
  }

  finish(name: string, parts: number): FinishedUpload {
    const upload = this.#uploads.get(name)
    const sizes = sizesOf(upload?.lengths ?? [], parts)
    if (upload === undefined || upload.digest.parts !== parts) throw new UploadError("FILE_PARTS_INVALID")
    const { head } = upload
    const tail = upload.tail.bytes
    // Before the file becomes known, because what is known must be there after a crash.
    writeFileSync(this.#pagesPath(name), Buffer.concat([head, tail]), { mode: 0o600 })
    return { name, ...sizes, sha256: upload.digest.digest(), kept: { head: head.length, tail: tail.length } }
  }

  giveAway(name: string, path: string): void {
    if (statSync(path, { throwIfNoEntry: false }) === undefined) renameSync(this.#pagesPath(name), path)
    this.#uploads.delete(name)
  }

  #touch(name: string): Upload {
    const upload = this.#uploads.get(name) ?? this.#begin(name)
    this.#uploads.delete(name)
    this.#uploads.set(name, upload)
    const [oldest] = this.#uploads.keys()
    if (this.#uploads.size > MAX_UPLOADS && oldest !== undefined) this.#forget(oldest)
    return upload
  }

  #forget(name: string): void {
    const { digest, early, lengths } = this.#uploads.get(name) ?? {}
    for (const held of early?.values() ?? []) this.#earlyBytes -= held.length
    for (const part of lengths?.keys() ?? []) {
      const isOnDisk = part >= (digest?.parts ?? 0) && lengths?.[part] !== undefined && early?.has(part) === false
      if (isOnDisk) rmSync(this.#earlyPath(name, part), { force: true })
    }
    this.#uploads.delete(name)
  }

  #begin(name: string): Upload {
    const early = new Map<number, Uint8Array>()
    const readEarly = (part: number): Uint8Array => {
      const held = early.get(part)
      if (held !== undefined) {
        early.delete(part)
        this.#earlyBytes -= held.length
        return held
      }
      const path = this.#earlyPath(name, part)
      const data = readFileSync(path)
      rmSync(path)
      return data
    }
    const upload = {
      lengths: [],
      checksums: [],
      digest: new RunningDigest(readEarly),
      head: Buffer.alloc(0),
      tail: new LastBytes(TAIL_BYTES),
      early,
    }
    return upload
  }

  #keepEarly(name: string, upload: Upload, part: number, data: Uint8Array): void {
    if (this.#earlyBytes + data.length > MAX_EARLY_BYTES) {
      writeFileSync(this.#earlyPath(name, part), data, { mode: 0o600 })
      return
    }
    // The part's bytes belong to a buffer that is used again.
    upload.early.set(part, Buffer.from(data))
    this.#earlyBytes += data.length
  }

  #keepPages(upload: Upload, part: number, data: Uint8Array): void {
    if (part === 0) upload.head = Buffer.from(data.subarray(0, HEAD_BYTES))
    upload.tail.push(data)
  }

  #earlyPath(name: string, part: number): string {
    return join(this.#directory, `${name}.${part}`)
  }

  #pagesPath(name: string): string {
    return join(this.#directory, `${name}.pages`)
  }
}
