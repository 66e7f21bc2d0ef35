import { describe, expect, it } from "vitest"
import { imageSize } from "./image-size.ts"

const contentOf = (hex: string) => {
  const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex")
  return { bytes: bytes.length, read: (offset: number, length: number) => bytes.subarray(offset, offset + length) }
}

describe("The size of an image", () => {
  it("is read from the header of a PNG", () => {
    const png = contentOf("89504e470d0a1a0a 0000000d 49484452 00000280 000001e0 0806000000")
    expect(imageSize(png)).toEqual({ width: 640, height: 480 })
  })

  it("is read from the frame header of a JPEG, behind other segments", () => {
    const jpeg = contentOf("ffd8 ffe0 0010 4a46494600010100000100010000 ffc2 0011 08 01e0 0280 03 012200 021101 031101")
    expect(imageSize(jpeg)).toEqual({ width: 640, height: 480 })
  })

  it("is unknown for anything else", () => expect(imageSize(contentOf("00".repeat(100)))).toBeUndefined())
})
