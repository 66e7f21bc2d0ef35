import type { tl } from "@mtcute/tl"
import type { TlObject, Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { StoredFile } from "../state/stored-file.ts"
import type { Telegram, UploadedFile } from "../state/telegram.ts"
import { type FinishedUpload, UploadError, uploadName } from "../state/uploads.ts"
import { RpcError } from "./rpc-error.ts"
import { maxPartsOf } from "./upload.ts"

/** The file that an upload becomes, or has become when a client asks again because it never saw the answer. */
const uploadedFile = (
  telegram: Telegram,
  input: Wire<tl.TypeInputFile>,
  account: Account,
  file: UploadedFile,
): StoredFile => {
  if (input._ !== "inputFile" && input._ !== "inputFileBig") throw new RpcError(400, "MEDIA_INVALID")
  if (input.parts <= 0 || input.parts > maxPartsOf(account)) throw new RpcError(400, "FILE_PARTS_INVALID")
  const name = uploadName(account.id, input.id)
  const made = telegram.uploads.has(name) ? undefined : telegram.fileOfUpload(name)
  if (made !== undefined && made.kind === file.kind) return made
  try {
    return telegram.addUploadedFile(telegram.uploads.finish(name, input.parts), file)
  } catch (error) {
    throw error instanceof UploadError ? new RpcError(400, error.message) : error
  }
}

/** The upload of a thumbnail; undefined where there is none, or where it was used up by a call before. */
const finishedThumbnail = (
  telegram: Telegram,
  input: Wire<tl.TypeInputFile> | undefined,
  account: Account,
): FinishedUpload | undefined => {
  if (input?._ !== "inputFile") return undefined
  const name = uploadName(account.id, input.id)
  return telegram.uploads.has(name) ? telegram.uploads.finish(name, input.parts) : undefined
}

const existingFile = (
  telegram: Telegram,
  kind: StoredFile["kind"],
  input: Wire<tl.TypeInputDocument> | Wire<tl.TypeInputPhoto>,
): StoredFile => {
  if (input._ !== "inputDocument" && input._ !== "inputPhoto") throw new RpcError(400, "MEDIA_EMPTY")
  const file = telegram.file(input.id)
  if (file === undefined || file.kind !== kind || file.accessHash !== input.accessHash) {
    throw new RpcError(400, "MEDIA_EMPTY")
  }
  if (!file.accepts(input.fileReference)) throw new RpcError(400, "FILE_REFERENCE_EXPIRED")
  return file
}

/** The file that a client wants to send: made of its upload, or one that is already here. Throws RpcError. */
export const fileOfMedia = (telegram: Telegram, media: Wire<tl.TypeInputMedia>, account: Account): StoredFile => {
  switch (media._) {
    case "inputMediaUploadedDocument": {
      const isName = (attribute: TlObject) => attribute._ === "documentAttributeFilename"
      const named = media.attributes.find((attribute) => attribute._ === "documentAttributeFilename")
      return uploadedFile(telegram, media.file, account, {
        kind: "document",
        name: named?.fileName ?? ("name" in media.file ? media.file.name : ""),
        mimeType: media.mimeType,
        attributes: media.attributes.filter((attribute) => !isName(attribute)),
        thumbnail: finishedThumbnail(telegram, media.thumb, account),
      })
    }
    case "inputMediaUploadedPhoto":
      return uploadedFile(telegram, media.file, account, {
        kind: "photo",
        name: "",
        mimeType: "image/jpeg",
        attributes: [],
      })
    case "inputMediaDocument":
      return existingFile(telegram, "document", media.id)
    case "inputMediaPhoto":
      return existingFile(telegram, "photo", media.id)
    default:
      throw new RpcError(400, "MEDIA_INVALID")
  }
}
