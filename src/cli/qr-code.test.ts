import jsqr from "jsqr"
import { encode, renderUnicodeCompact } from "uqr"
import { describe, expect, it } from "vitest"

const SCALE = 4

/** Reads a code as a camera would, from the characters that a terminal shows. */
const scan = (shown: string): string | undefined => {
  const halves: Readonly<Record<string, readonly [boolean, boolean]>> = {
    "█": [true, true],
    "▀": [true, false],
    "▄": [false, true],
    " ": [false, false],
  }
  const rows = shown
    .split("\n")
    .flatMap((line) => [0, 1].map((half) => [...line].map((sign) => halves[sign]?.[half as 0 | 1] === true)))
  const width = Math.max(...rows.map((row) => row.length)) * SCALE
  const pixels = new Uint8ClampedArray(width * rows.length * SCALE * 4).fill(255)
  rows.forEach((row, y) => {
    for (let x = 0; x < width / SCALE; x++)
      for (let pixel = 0; pixel < SCALE * SCALE; pixel++) {
        const at = ((y * SCALE + Math.floor(pixel / SCALE)) * width + x * SCALE + (pixel % SCALE)) * 4
        // A terminal shows light signs on a dark ground.
        pixels.fill(row[x] === true ? 255 : 0, at, at + 3)
      }
  })
  // Its types say that it has a default export; it is one.
  const read = jsqr as unknown as typeof jsqr.default
  return read(pixels, width, rows.length * SCALE)?.data
}

describe("a QR code in the terminal", () => {
  it("is read by a camera as the link that it was made of", () => {
    const link = "tg://login?token=ysT0Q6fe5REELAnhUps9b3vj_AfwhP_5Xl2fW5UPdlA"
    expect(encode(link).size).toBeGreaterThan(20)
    expect(scan(renderUnicodeCompact(link))).toBe(link)
  })
})
