import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { PART_SLOT_BYTES } from "./content.ts"
import { readAt, writeAt } from "./positional.ts"
import { RunningDigest } from "./running-digest.ts"
import { type FinishedUpload, sizesOf, type Uploads } from "./uploads.ts"

interface Upload {
  /** The lengths of the parts received. */
  readonly lengths: number[]
  /** Undefined where a part has come a second time, or before this process began. */
  digest: RunningDigest | undefined
}

/**
 * Uploads that are kept whole, on disk in two files for each: NAME.data, sparse, with part n at n * 512 KiB, and
 * NAME.parts, the lengths of the parts received as 32-bit integers. A length is written after its part, so what a killed
 * process leaves behind is right as far as it goes.
 */
export class DiskUploads implements Uploads {
  readonly #directory: string
  readonly #uploads = new Map<string, Upload>()

  /** directory: where the uploads are kept; those already in it are continued. */
  constructor(directory: string) {
    this.#directory = directory
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    for (const file of readdirSync(directory)) {
      if (!file.endsWith(".parts")) continue
      const lengths = this.#readLengths(file)
      this.#uploads.set(file.slice(0, -".parts".length), { lengths, digest: undefined })
    }
  }

  has(name: string): boolean {
    return this.#uploads.has(name)
  }

  savePart(name: string, part: number, data: Uint8Array): void {
    const upload = this.#uploads.get(name) ?? this.#begin(name)
    writeAt(this.#dataPath(name), data, part * PART_SLOT_BYTES)
    const length = Buffer.alloc(4)
    length.writeUInt32LE(data.length)
    writeAt(this.#partsPath(name), length, part * 4)
    const isRepeated = upload.lengths[part] !== undefined
    upload.lengths[part] = data.length
    // It may have another content now.
    if (isRepeated) upload.digest = undefined
    upload.digest?.take(part, data)
    for (const _ of upload.digest?.catchUp() ?? []);
  }

  finish(name: string, parts: number): FinishedUpload {
    const upload = this.#uploads.get(name)
    const sizes = sizesOf(upload?.lengths ?? [], parts)
    const digest = upload?.digest
    return { name, ...sizes, sha256: digest?.parts === parts ? digest.digest() : undefined }
  }

  giveAway(name: string, path: string): void {
    if (statSync(path, { throwIfNoEntry: false }) === undefined) renameSync(this.#dataPath(name), path)
    rmSync(this.#partsPath(name), { force: true })
    this.#uploads.delete(name)
  }

  #begin(name: string): Upload {
    const lengths: number[] = []
    const readEarly = (part: number) => readAt(this.#dataPath(name), part * PART_SLOT_BYTES, lengths[part] ?? 0)
    const upload = { lengths, digest: new RunningDigest(readEarly) }
    this.#uploads.set(name, upload)
    return upload
  }

  #dataPath(name: string): string {
    return join(this.#directory, `${name}.data`)
  }

  #partsPath(name: string): string {
    return join(this.#directory, `${name}.parts`)
  }

  #readLengths(file: string): number[] {
    const bytes = readFileSync(join(this.#directory, file))
    return Array.from({ length: Math.floor(bytes.length / 4) }, (_, part) => bytes.readUInt32LE(part * 4))
  }
}
