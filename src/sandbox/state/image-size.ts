import type { Content } from "./content.ts"

/** Width and height in pixels. */
export interface ImageSize {
  readonly width: number
  readonly height: number
}

/** How many JPEG segments are looked at before giving up. */
const MAX_SEGMENTS = 200

const PNG_SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex")

/** The frame headers SOF0 to SOF15, without the three markers in that range that mean something else (ITU T.81, table B.1). */
const isStartOfFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)

const jpegSize = (content: Content): ImageSize | undefined => {
  let offset = 2
  for (let segment = 0; segment < MAX_SEGMENTS; segment++) {
    const header = content.read(offset, 9)
    if (header.length < 9 || header[0] !== 0xff) return undefined
    const marker = header.readUInt8(1)
    if (isStartOfFrame(marker)) return { height: header.readUInt16BE(5), width: header.readUInt16BE(7) }
    offset += 2 + header.readUInt16BE(2)
  }
  return undefined
}

/** The size of a JPEG or PNG image, read from its header; undefined for anything else. */
export const imageSize = (content: Content): ImageSize | undefined => {
  const start = content.read(0, 24)
  if (start.length < 24) return undefined
  if (start.subarray(0, 8).equals(PNG_SIGNATURE))
    return { width: start.readUInt32BE(16), height: start.readUInt32BE(20) }
  return start.readUInt16BE(0) === 0xffd8 ? jpegSize(content) : undefined
}
