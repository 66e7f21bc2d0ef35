import { describe, expect, it } from "vitest"
import { imageSize } from "./image-size.ts"
import { jpegOf, strippedJpegOf } from "./jpeg.ts"
import { pictureOf } from "./picture.ts"

const content = (bytes: Buffer) => ({
  bytes: bytes.length,
  read: (offset: number, length: number) => bytes.subarray(offset, offset + length),
})

describe("A drawn image", () => {
  it("has the size that it was drawn in, and ends as a JPEG image does", () => {
    const image = jpegOf(pictureOf("dragon"), 321, 200)
    expect(imageSize(content(image))).toEqual({ width: 321, height: 200 })
    expect(image.subarray(-2).toString("hex")).toBe("ffd9")
  })

  it("is the same for the same seed alone", () => {
    expect(jpegOf(pictureOf(1), 64, 64)).toEqual(jpegOf(pictureOf(1), 64, 64))
    expect(jpegOf(pictureOf(1), 64, 64)).not.toEqual(jpegOf(pictureOf(2), 64, 64))
  })

  it("is stripped of all but its size and its compressed data", () => {
    const whole = jpegOf(pictureOf(1), 40, 30)
    const stripped = strippedJpegOf(pictureOf(1), 40, 30)
    expect([...stripped.subarray(0, 3)]).toEqual([1, 30, 40])
    expect(whole.subarray(-2 - (stripped.length - 3), -2)).toEqual(stripped.subarray(3))
  })
})
