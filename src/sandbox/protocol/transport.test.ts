import { createCipheriv, randomBytes } from "node:crypto"
import { describe, expect, it } from "vitest"
import { MAX_FRAME_BYTES } from "./framing.ts"
import { ProtocolViolation } from "./protocol-violation.ts"
import { Transport } from "./transport.ts"

const INTERMEDIATE = 0xeeeeeeee

/** What a client sends for these frames: the obfuscated2 header, then each frame with its length. */
const clientBytes = (...frames: readonly (Buffer | { readonly announced: number })[]): Buffer => {
  const header = randomBytes(64)
  header[0] = 1
  const cipher = createCipheriv("aes-256-ctr", header.subarray(8, 40), header.subarray(40, 56))
  const plain = Buffer.from(header)
  plain.writeUInt32LE(INTERMEDIATE, 56)
  const encrypted = cipher.update(plain)
  const body = frames.flatMap((frame) => {
    const length = Buffer.alloc(4)
    length.writeUInt32LE(Buffer.isBuffer(frame) ? frame.length : frame.announced)
    return Buffer.isBuffer(frame) ? [length, frame] : [length]
  })
  return Buffer.concat([header.subarray(0, 56), encrypted.subarray(56), cipher.update(Buffer.concat(body))])
}

const collect = () => {
  const frames: string[] = []
  const transport = new Transport({ write: () => undefined, frame: (frame) => frames.push(frame.toString()) })
  return { frames, transport }
}

describe("The transport", () => {
  it("finds the same frames however the bytes are cut", () => {
    const bytes = clientBytes(Buffer.from("first"), Buffer.from(""), Buffer.from("third and last"))
    for (const size of [1, 3, 7, 64, bytes.length]) {
      const { frames, transport } = collect()
      for (let start = 0; start < bytes.length; start += size) transport.receive(bytes.subarray(start, start + size))
      expect(frames).toEqual(["first", "", "third and last"])
    }
  })

  it("refuses a frame above its bound as soon as the length is known", () => {
    const { transport } = collect()
    expect(() => transport.receive(clientBytes({ announced: MAX_FRAME_BYTES + 1 }))).toThrow(ProtocolViolation)
  })

  it("refuses a transport that it does not speak", () => {
    const { transport } = collect()
    expect(() => transport.receive(Buffer.alloc(64, 9))).toThrow("none of the known ones")
  })
})
