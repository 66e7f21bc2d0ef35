import type { Content } from "./content.ts"
import { type ImageSize, imageSize } from "./image-size.ts"
import { jpegOf, strippedJpegOf } from "./jpeg.ts"
import { pictureOf } from "./picture.ts"
import type { FileSource } from "./records.ts"
import type { StoredFile, Thumbnail } from "./stored-file.ts"

type PictureSource = Extract<FileSource, { readonly type: "picture" }>

/** The boxes that the sizes of a photo fit in (core.telegram.org/api/files#image-thumbnail-types). */
const BOXES = [
  ["m", 320],
  ["x", 800],
  ["y", 1280],
  ["w", 2560],
] as const
/** A stripped thumbnail is at most so many pixels wide and high. */
const STRIPPED_PIXELS = 40
/** How many drawn images are kept. */
const KEPT = 32

/** The type of a photo's whole size: that of the smallest box it fits in. */
export const typeOfPhoto = ({ width, height }: ImageSize): string =>
  BOXES.find(([, pixels]) => Math.max(width, height) <= pixels)?.[0] ?? "w"

const scaledTo = ({ width, height }: ImageSize, pixels: number): ImageSize => {
  const scale = Math.min(1, pixels / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

const drawn = new Map<string, Buffer>()

const draw = (seed: string | number, { width, height }: ImageSize, isStripped: boolean): Buffer => {
  const key = [width, height, isStripped, seed].join(" ")
  const bytes = drawn.get(key) ?? (isStripped ? strippedJpegOf : jpegOf)(pictureOf(seed), width, height)
  drawn.delete(key)
  drawn.set(key, bytes)
  const [oldest] = drawn.keys()
  if (drawn.size > KEPT && oldest !== undefined) drawn.delete(oldest)
  return bytes
}

/** A picture in one size. It is drawn when it is asked for, and its length remembered. */
const drawnContent = (seed: string | number, size: ImageSize, isStripped = false): Content => {
  let length: number | undefined
  return {
    get bytes() {
      length ??= draw(seed, size, isStripped).length
      return length
    },
    read: (offset, wanted) =>
      Buffer.from(draw(seed, size, isStripped).subarray(Math.max(0, offset), Math.max(0, offset + wanted))),
  }
}

/** A picture in its whole size. */
export const pictureContent = (source: PictureSource): Content => drawnContent(source.seed, source)

const smaller = (source: PictureSource, types: readonly (typeof BOXES)[number][]): readonly Thumbnail[] => {
  const stripped = scaledTo(source, STRIPPED_PIXELS)
  return [
    { type: "i", ...stripped, content: drawnContent(source.seed, stripped, true) },
    ...types.map(([type, pixels]) => {
      const size = scaledTo(source, pixels)
      return { type, ...size, content: drawnContent(source.seed, size) }
    }),
  ]
}

const NONE: readonly Thumbnail[] = []

/** The smaller pictures of a file. given: the one that came with it, where one did. */
export const thumbnailsOf = (
  kind: StoredFile["kind"],
  source: FileSource,
  given?: { readonly source: FileSource; readonly content: Content },
): readonly Thumbnail[] => {
  if (kind === "photo" && source.type === "picture") {
    const longest = Math.max(source.width, source.height)
    return smaller(
      source,
      BOXES.filter(([type, pixels]) => pixels < longest && type !== "w"),
    )
  }
  if (given === undefined) return NONE
  if (given.source.type === "picture") return smaller(given.source, [BOXES[0]])
  const { width, height } = imageSize(given.content) ?? { width: BOXES[0][1], height: BOXES[0][1] }
  return [{ type: BOXES[0][0], width, height, content: given.content }]
}

/** The bytes of a file in the size that a client asks for, "" for a document itself; undefined when there is no such size. */
export const contentOfSize = (file: StoredFile, type: string): Content | undefined => {
  const thumbnail = file.thumbnails.find((candidate) => candidate.type === type)
  if (thumbnail !== undefined) return thumbnail.content
  return (file.kind === "document") === (type === "") ? file.content : undefined
}
