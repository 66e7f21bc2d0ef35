import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import { type ImageSize, imageSize } from "../state/image-size.ts"
import type { StoredFile, Thumbnail } from "../state/stored-file.ts"
import { typeOfPhoto } from "../state/thumbnails.ts"

/** What is shown for a photo whose bytes are no image. */
const DEFAULT_IMAGE_SIZE: ImageSize = { width: 320, height: 320 }

const viewThumbnail = ({ type, width, height, content }: Thumbnail): Wire<tl.TypePhotoSize> =>
  type === "i"
    ? { _: "photoStrippedSize", type, bytes: content.read(0, content.bytes) }
    : { _: "photoSize", type, w: width, h: height, size: content.bytes }

export const viewDocument = (file: StoredFile): Wire<tl.RawDocument> => ({
  _: "document",
  id: file.id,
  accessHash: file.accessHash,
  fileReference: file.reference,
  date: file.date,
  mimeType: file.mimeType,
  size: file.content.bytes,
  thumbs: file.thumbnails.length === 0 ? undefined : file.thumbnails.map(viewThumbnail),
  dcId: file.dc,
  attributes: [
    ...(file.attributes as readonly Wire<tl.TypeDocumentAttribute>[]),
    { _: "documentAttributeFilename", fileName: file.name },
  ],
})

export const viewPhoto = (file: StoredFile): Wire<tl.RawPhoto> => {
  const size = imageSize(file.content) ?? DEFAULT_IMAGE_SIZE
  const { width: w, height: h } = size
  return {
    _: "photo",
    id: file.id,
    accessHash: file.accessHash,
    fileReference: file.reference,
    date: file.date,
    sizes: [
      ...file.thumbnails.map(viewThumbnail),
      { _: "photoSize", type: typeOfPhoto(size), w, h, size: file.content.bytes },
    ],
    dcId: file.dc,
  }
}

/** A file as the medium of a message. */
export const viewMedia = (file: StoredFile): Wire<tl.TypeMessageMedia> =>
  file.kind === "photo"
    ? { _: "messageMediaPhoto", photo: viewPhoto(file) }
    : { _: "messageMediaDocument", document: viewDocument(file) }
