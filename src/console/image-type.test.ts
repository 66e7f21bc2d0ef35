import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { imageType } from "./image-type.ts"

const bytes = (...parts: ReadonlyArray<string | ReadonlyArray<number>>) =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part))))

describe("the content type of a preview", () => {
  it("is that of the image", () => {
    expect(imageType(bytes([0xff, 0xd8, 0xff, 0xe0], "JFIF"))).toBe("image/jpeg")
    expect(imageType(bytes([0x89], "PNG\r\n\x1a\n", "IHDR"))).toBe("image/png")
    expect(imageType(bytes("GIF89a"))).toBe("image/gif")
    expect(imageType(bytes("RIFF", [1, 2, 3, 4], "WEBPVP8 "))).toBe("image/webp")
  })

  it("is none for what a browser would run, however it goes on", () => {
    for (const head of ["<svg xmlns", "<!doctype html>", "<?xml", "\x00<script>", "%PDF-1.7", ""])
      fc.assert(fc.property(fc.string(), (rest) => imageType(bytes(head, rest)) === undefined))
  })
})
