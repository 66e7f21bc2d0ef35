import { extname } from "node:path"
import type { TlObject } from "../protocol/tl-types.ts"
import type { Content } from "./content.ts"
import type { FileReferences } from "./file-references.ts"
import { stableLong } from "./identifiers.ts"

/** A smaller picture of a photo, or one that shows a document. */
export interface Thumbnail {
  /** One letter (core.telegram.org/api/files#image-thumbnail-types); "i" is one whose few bytes come with the message. */
  readonly type: string
  readonly width: number
  readonly height: number
  readonly content: Content
}

/** A document or photo on the server. */
export interface StoredFile {
  readonly id: bigint
  readonly accessHash: bigint
  /** Proof that a client saw the file in a message; sent back with every download. */
  readonly reference: Buffer
  /** Whether a client may still use this reference. */
  readonly accepts: (reference: Uint8Array) => boolean
  readonly kind: "document" | "photo"
  readonly name: string
  readonly mimeType: string
  /** Unix seconds */
  readonly date: number
  /** The data centre that it can be downloaded from. */
  readonly dc: number
  /** A document's attributes beside its name, as the client that uploaded it gave them. */
  readonly attributes: readonly TlObject[]
  readonly content: Content
  /** The smallest first. */
  readonly thumbnails: readonly Thumbnail[]
  /** In hex, once computed. */
  sha256: string | undefined
}

/** What is known of a file when it comes into being. */
export type FileFacts = Omit<StoredFile, "accessHash" | "reference" | "accepts" | "sha256">

/** A file whose proofs are made when they are asked for: a world may have very many files, most of which nobody looks at. */
export class OpenedFile implements StoredFile {
  readonly id: bigint
  readonly kind: StoredFile["kind"]
  readonly name: string
  readonly mimeType: string
  readonly date: number
  readonly dc: number
  readonly attributes: readonly TlObject[]
  readonly content: Content
  readonly thumbnails: readonly Thumbnail[]
  sha256: string | undefined = undefined
  readonly #references: FileReferences

  constructor(
    { id, kind, name, mimeType, date, dc, attributes, content, thumbnails }: FileFacts,
    references: FileReferences,
  ) {
    this.#references = references
    this.id = id
    this.kind = kind
    this.name = name
    this.mimeType = mimeType
    this.date = date
    this.dc = dc
    this.attributes = attributes
    this.content = content
    this.thumbnails = thumbnails
  }

  get accessHash(): bigint {
    return stableLong("file", this.id)
  }

  get reference(): Buffer {
    return this.#references.of(this.id)
  }

  accepts(reference: Uint8Array): boolean {
    return this.#references.accepts(this.id, reference)
  }
}

const MIME_TYPES: Readonly<Record<string, string>> = {
  ".7z": "application/x-7z-compressed",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".json": "application/json",
  ".mp4": "video/mp4",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".rar": "application/vnd.rar",
  ".txt": "text/plain",
  ".zip": "application/zip",
}

/** The MIME type that a client would give for a file name. */
export const mimeTypeOf = (name: string): string =>
  MIME_TYPES[extname(name).toLowerCase()] ?? "application/octet-stream"
