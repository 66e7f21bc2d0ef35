/** The running digests of one set while its bytes pass by once: the content's, and that of every piece that is cut. */
import { createHash, type Hash } from "node:crypto"
import type { DigestResult } from "./jobs.ts"

type VolumeDigest = DigestResult["volumes"][number]

/**
 * Feed the volumes' bytes in volume order, `endVolume` after each. `pieceBytes` has one entry per volume: the length of
 * the pieces into which the volume will be cut, or null when it is sent as it is.
 *
 * Only a volume that is cut costs a second digest; what begins at the first byte of the set is a copy of the running one.
 */
export class SetHasher {
  readonly #whole = createHash("sha256")
  readonly #pieceBytes: ReadonlyArray<number | null>
  readonly #volumes: Array<VolumeDigest> = []
  #bytes = 0
  #volumeBytes = 0
  #piece: Hash | undefined
  #pieceLeft = 0
  #pieces: Array<string> = []

  constructor(pieceBytes: ReadonlyArray<number | null>) {
    this.#pieceBytes = pieceBytes
  }

  /** Bytes of the set so far. */
  get bytes(): number {
    return this.#bytes
  }

  update(chunk: Uint8Array): void {
    const length = this.#pieceBytes[this.#volumes.length] ?? null
    if (length === null) this.#whole.update(chunk)
    else this.#updatePieces(chunk, length)
    this.#bytes += chunk.length
    this.#volumeBytes += chunk.length
  }

  endVolume(): void {
    if (this.#pieceLeft > 0) this.#endPiece()
    const isFirst = this.#volumes.length === 0
    const isCut = this.#pieces.length > 0
    this.#volumes.push({
      bytes: this.#volumeBytes,
      sha256: isFirst ? this.#whole.copy().digest("hex") : null,
      pieces: isCut ? this.#pieces : [],
    })
    this.#volumeBytes = 0
    this.#pieces = []
    this.#piece = undefined
    this.#pieceLeft = 0
  }

  /** The digests of all volumes that were ended. */
  result(): Pick<DigestResult, "contentHash" | "bytes" | "volumes"> {
    return { contentHash: this.#whole.copy().digest("hex"), bytes: this.#bytes, volumes: this.#volumes }
  }

  #updatePieces(chunk: Uint8Array, length: number): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#pieceLeft === 0) {
        this.#pieceLeft = length
        const isCopy = this.#volumes.length === 0 && this.#pieces.length === 0
        this.#piece = isCopy ? undefined : createHash("sha256")
      }
      const slice = chunk.subarray(at, at + this.#pieceLeft)
      this.#whole.update(slice)
      this.#piece?.update(slice)
      this.#pieceLeft -= slice.length
      at += slice.length
      if (this.#pieceLeft === 0) this.#endPiece()
    }
  }

  #endPiece(): void {
    this.#pieces.push((this.#piece ?? this.#whole.copy()).digest("hex"))
    this.#pieceLeft = 0
  }
}
