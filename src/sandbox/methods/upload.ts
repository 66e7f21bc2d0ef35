import { createHash } from "node:crypto"
import type { tl } from "@mtcute/tl"
import { giveBack } from "../give-back.ts"
import type { Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import { type Content, NotKeptError, PART_SLOT_BYTES } from "../state/content.ts"
import { dataCentreOf } from "../state/data-centres.ts"
import type { StoredFile } from "../state/stored-file.ts"
import type { Telegram } from "../state/telegram.ts"
import { contentOfSize } from "../state/thumbnails.ts"
import { UploadError, uploadName } from "../state/uploads.ts"
import { callerOf, type Methods, repeatable } from "./call.ts"
import { RpcError } from "./rpc-error.ts"

/** Parts of at most 512 KiB: 2000 MB for a free account. */
export const MAX_PARTS = 4000
/** 4000 MB with Telegram Premium. */
export const MAX_PARTS_PREMIUM = 8000
/** Offsets, limits and part sizes are multiples of this, unless a download says "precise". */
const DOWNLOAD_STEP = 4096
const PART_STEP = 1024
/** Of how many bytes each hash of a file is, and how many hashes are told at once. */
const HASHED_BYTES = 128 * 1024
const HASHES_AT_ONCE = 10
const MAX_DOWNLOAD_BYTES = 1024 * 1024

/** How many parts an account's files may have. */
export const maxPartsOf = (account: Account): number => (account.premium ? MAX_PARTS_PREMIUM : MAX_PARTS)

/** dc: the data centre that is asked. */
const fileAt = (telegram: Telegram, location: Wire<tl.TypeInputFileLocation>, dc: number): StoredFile => {
  if (location._ !== "inputDocumentFileLocation" && location._ !== "inputPhotoFileLocation") {
    throw new RpcError(400, "LOCATION_INVALID")
  }
  const file = telegram.file(location.id)
  if (file === undefined || file.accessHash !== location.accessHash) throw new RpcError(400, "FILE_ID_INVALID")
  // core.telegram.org/api/datacenter#file-access
  if (file.dc !== dc) throw new RpcError(303, `FILE_MIGRATE_${file.dc}`)
  if (!file.accepts(location.fileReference)) throw new RpcError(400, "FILE_REFERENCE_EXPIRED")
  return file
}

const readKept = (content: Content, offset: number, limit: number): Buffer => {
  try {
    return content.read(offset, limit)
  } catch (error) {
    // No error of Telegram's own, which keeps everything.
    throw error instanceof NotKeptError ? new RpcError(400, "FILE_NOT_KEPT") : error
  }
}

/** Uploads and downloads. */
export const uploadMethods = (telegram: Telegram) => {
  const savePart = (account: Account, fileId: bigint, part: number, bytes: Uint8Array): boolean => {
    if (part < 0 || part >= maxPartsOf(account)) throw new RpcError(400, "FILE_PART_INVALID")
    if (bytes.length === 0) throw new RpcError(400, "FILE_PART_EMPTY")
    if (bytes.length > PART_SLOT_BYTES) throw new RpcError(400, "FILE_PART_TOO_BIG")
    try {
      telegram.uploads.savePart(uploadName(account.id, fileId), part, bytes)
    } catch (error) {
      throw error instanceof UploadError ? new RpcError(400, error.message) : error
    }
    return true
  }
  return {
    "upload.getFile": ({ location, offset, limit, precise }, call) => {
      callerOf(call)
      const file = fileAt(telegram, location, dataCentreOf(call.authKey))
      const content = contentOfSize(file, "thumbSize" in location ? location.thumbSize : "")
      if (content === undefined) throw new RpcError(400, "LOCATION_INVALID")
      if (limit <= 0 || limit > MAX_DOWNLOAD_BYTES || (!precise && limit % DOWNLOAD_STEP !== 0)) {
        throw new RpcError(400, "LIMIT_INVALID")
      }
      if (offset < 0 || (!precise && offset % DOWNLOAD_STEP !== 0)) throw new RpcError(400, "OFFSET_INVALID")
      const mtime = file.date
      return repeatable(
        () => ({
          _: "upload.file" as const,
          type: { _: "storage.fileUnknown" as const },
          mtime,
          bytes: readKept(content, offset, limit),
        }),
        ({ bytes }) => giveBack(bytes),
      )
    },
    /**
     * What a client compares with that finds a file of this name and size on its disk, as TDLib does after it was killed
     * (core.telegram.org/method/upload.getFileHashes).
     */
    "upload.getFileHashes": ({ location, offset }, call) => {
      callerOf(call)
      const file = fileAt(telegram, location, dataCentreOf(call.authKey))
      const content = contentOfSize(file, "thumbSize" in location ? location.thumbSize : "")
      if (content === undefined) throw new RpcError(400, "LOCATION_INVALID")
      if (offset < 0) throw new RpcError(400, "OFFSET_INVALID")
      const first = offset - (offset % HASHED_BYTES)
      return Array.from({ length: HASHES_AT_ONCE }, (_, piece) => first + piece * HASHED_BYTES)
        .filter((start) => start < content.bytes)
        .map((start) => {
          const bytes = readKept(content, start, HASHED_BYTES)
          return {
            _: "fileHash",
            offset: start,
            limit: bytes.length,
            hash: createHash("sha256").update(bytes).digest(),
          }
        })
    },
    "upload.saveFilePart": ({ fileId, filePart, bytes }, call) => savePart(callerOf(call), fileId, filePart, bytes),
    "upload.saveBigFilePart": ({ fileId, filePart, fileTotalParts, bytes }, call) => {
      const account = callerOf(call)
      if (fileTotalParts > maxPartsOf(account)) throw new RpcError(400, "FILE_PARTS_INVALID")
      // -1: the client does not know yet how many there will be (core.telegram.org/api/files#streamed-uploads).
      const isStreamed = fileTotalParts === -1
      if (!isStreamed && filePart >= fileTotalParts) throw new RpcError(400, "FILE_PART_INVALID")
      if ((isStreamed || filePart < fileTotalParts - 1) && bytes.length % PART_STEP !== 0) {
        throw new RpcError(400, "FILE_PART_SIZE_INVALID")
      }
      return savePart(account, fileId, filePart, bytes)
    },
  } satisfies Methods
}
