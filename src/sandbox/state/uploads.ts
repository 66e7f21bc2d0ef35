/** An upload whose parts are all there. */
export interface FinishedUpload {
  readonly name: string
  readonly bytes: number
  /** The size of every part but the last. */
  readonly partBytes: number
  /** In hex; undefined when it has to be computed from what is kept. */
  readonly sha256: string | undefined
  /** How many bytes of its beginning and its end are kept; undefined when all are. */
  readonly kept?: { readonly head: number; readonly tail: number }
}

/** Why an upload or a part of it is refused; the text is the error that Telegram answers. */
export class UploadError extends Error {
  override readonly name = "UploadError"
}

/** The parts that clients have uploaded, until they become files. */
export interface Uploads {
  /** Whether any part of this upload is here. */
  has(name: string): boolean
  /** Keeps one part; a part that comes again replaces the earlier one. Throws UploadError. */
  savePart(name: string, part: number, data: Uint8Array): void
  /** Checks that an upload consists of this many parts; throws UploadError. */
  finish(name: string, parts: number): FinishedUpload
  /**
   * Gives what is kept of a finished upload away: it is moved to this path and the upload forgotten. Called again after a
   * crash it completes what was begun.
   */
  giveAway(name: string, path: string): void
}

/** The name of an account's upload with the file id that its client chose. */
export const uploadName = (accountId: number, fileId: bigint): string =>
  `${accountId}-${BigInt.asUintN(64, fileId).toString(16).padStart(16, "0")}`

/**
 * The sizes of an upload that consists of this many parts; throws UploadError. All parts but the last have one size
 * (core.telegram.org/api/files#uploading-files).
 */
export const sizesOf = (lengths: readonly (number | undefined)[], parts: number) => {
  const partBytes = lengths[0] ?? 0
  let bytes = 0
  for (let part = 0; part < parts; part++) {
    const length = lengths[part] ?? 0
    if (length === 0) throw new UploadError(`FILE_PART_${part}_MISSING`)
    if (part < parts - 1 ? length !== partBytes : length > partBytes) throw new UploadError("FILE_PART_SIZE_CHANGED")
    bytes += length
  }
  if (bytes === 0) throw new UploadError("FILE_PARTS_INVALID")
  return { bytes, partBytes }
}
