import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs"
import { join } from "node:path"
import { PART_SLOT_BYTES } from "./content.ts"

/** An upload whose parts are all there. */
export interface FinishedUpload {
  readonly name: string
  readonly bytes: number
  /** The size of every part but the last. */
  readonly partBytes: number
}

/** Why an upload cannot become a file; the text is the error that Telegram answers. */
export class UploadError extends Error {
  override readonly name = "UploadError"
}

const writeAt = (path: string, data: Uint8Array, position: number): void => {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  try {
    for (let written = 0; written < data.length; ) {
      written += writeSync(file, data, written, data.length - written, position + written)
    }
  } finally {
    closeSync(file)
  }
}

/**
 * The parts that clients have uploaded, on disk in two files for each upload: NAME.data, sparse, with part n at
 * n * 512 KiB, and NAME.parts, the lengths of the parts received as 32-bit integers. A length is written after its part,
 * so what a killed process leaves behind is right as far as it goes.
 */
export class Uploads {
  readonly #directory: string
  readonly #partLengths = new Map<string, number[]>()

  /** directory: where the uploads are kept; those already in it are continued. */
  constructor(directory: string) {
    this.#directory = directory
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    for (const file of readdirSync(directory)) {
      if (file.endsWith(".parts")) this.#partLengths.set(file.slice(0, -".parts".length), this.#readLengths(file))
    }
  }

  /** The name of an account's upload with the file id that its client chose. */
  static nameOf(accountId: number, fileId: bigint): string {
    return `${accountId}-${BigInt.asUintN(64, fileId).toString(16).padStart(16, "0")}`
  }

  /** Whether any part of this upload is here. */
  has(name: string): boolean {
    return this.#partLengths.has(name)
  }

  /** Keeps one part; a part that comes again replaces the earlier one. */
  savePart(name: string, part: number, data: Uint8Array): void {
    writeAt(this.#dataPath(name), data, part * PART_SLOT_BYTES)
    const length = Buffer.alloc(4)
    length.writeUInt32LE(data.length)
    writeAt(this.#partsPath(name), length, part * 4)
    const lengths = this.#partLengths.get(name) ?? []
    lengths[part] = data.length
    this.#partLengths.set(name, lengths)
  }

  /** Checks that an upload consists of this many parts; throws UploadError. */
  finish(name: string, parts: number): FinishedUpload {
    const lengths = this.#partLengths.get(name) ?? []
    const partBytes = lengths[0] ?? 0
    let bytes = 0
    for (let part = 0; part < parts; part++) {
      const length = lengths[part] ?? 0
      if (length === 0) throw new UploadError(`FILE_PART_${part}_MISSING`)
      if (part < parts - 1 ? length !== partBytes : length > partBytes) throw new UploadError("FILE_PART_SIZE_CHANGED")
      bytes += length
    }
    if (bytes === 0) throw new UploadError("FILE_PARTS_INVALID")
    return { name, bytes, partBytes }
  }

  /**
   * Gives the data of a finished upload away: it is moved to this path and the upload forgotten. Called again after a
   * crash it completes what was begun.
   */
  giveAway(name: string, path: string): void {
    if (statSync(path, { throwIfNoEntry: false }) === undefined) renameSync(this.#dataPath(name), path)
    rmSync(this.#partsPath(name), { force: true })
    this.#partLengths.delete(name)
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
