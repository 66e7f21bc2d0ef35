import * as Schema from "effect/Schema"
import { stableLong } from "./identifiers.ts"

/** File references that were given out so far stop being accepted, or will from now on after a time. */
export const FileReferencesRecord = Schema.Struct({
  type: Schema.Literal("file-references"),
  /** Whether all that were given out so far end now. */
  expired: Schema.Boolean,
  /** How long one that is given out from now on is accepted at least; at most twice as long. Seconds; null for ever. */
  lifetime: Schema.optionalKey(Schema.NullOr(Schema.Int)),
})
export type FileReferencesRecord = typeof FileReferencesRecord.Type

/**
 * The proofs that a client saw a file in a message, which it sends back with every download
 * (core.telegram.org/api/file_reference). They depend on the file and on the time alone, so none has to be kept.
 */
export class FileReferences {
  readonly #now: () => number
  /** Changes when all references end. */
  #epoch = 0
  #lifetime: number | undefined

  /** now: Unix seconds. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** The reference to be given out now. */
  of(fileId: bigint): Buffer {
    return this.#reference(fileId, this.#period())
  }

  /** Whether a client may still use this reference. */
  accepts(fileId: bigint, reference: Uint8Array): boolean {
    const period = this.#period()
    return [period, period - 1].some((given) => this.#reference(fileId, given).equals(reference))
  }

  apply({ expired, lifetime }: FileReferencesRecord): void {
    if (expired) this.#epoch++
    if (lifetime !== undefined) this.#lifetime = lifetime ?? undefined
  }

  #period(): number {
    return this.#lifetime === undefined ? 0 : Math.floor(this.#now() / this.#lifetime)
  }

  #reference(fileId: bigint, period: number): Buffer {
    const reference = Buffer.alloc(8)
    reference.writeBigInt64LE(stableLong("reference", fileId, this.#epoch, this.#lifetime ?? 0, period))
    return reference
  }
}
