import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"
import { crc32 } from "node:zlib"
import { describe, expect, it } from "vitest"
import { MAX_FRAME_BYTES } from "./framing.ts"
import { ProtocolViolation } from "./protocol-violation.ts"
import { Transport } from "./transport.ts"

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** How a client writes its frames, as core.telegram.org/mtproto/mtproto-transports says. */
interface Client {
  /** Sent before the first frame, or inside the obfuscated2 header. */
  readonly tag: Buffer
  readonly frame: (payload: Buffer) => Buffer
  /** The payload of the first frame that the server sent, without its padding. */
  readonly read: (bytes: Buffer, length: number) => Buffer
}

const abridged: Client = {
  tag: Buffer.of(0xef),
  frame: (payload) => {
    const words = payload.length / 4
    return Buffer.concat([
      words < 127 ? Buffer.of(words) : Buffer.concat([Buffer.of(127), uint32(words).subarray(0, 3)]),
      payload,
    ])
  },
  read: (bytes, length) => {
    const header = bytes[0] === 127 ? 4 : 1
    expect((header === 4 ? bytes.readUIntLE(1, 3) : bytes.readUInt8(0)) * 4).toBe(length)
    return bytes.subarray(header)
  },
}

const intermediate: Client = {
  tag: Buffer.alloc(4, 0xee),
  frame: (payload) => Buffer.concat([uint32(payload.length), payload]),
  read: (bytes, length) => {
    expect(bytes.readUInt32LE(0)).toBe(length)
    return bytes.subarray(4)
  },
}

const padded: Client = {
  tag: Buffer.alloc(4, 0xdd),
  frame: (payload) => Buffer.concat([uint32(payload.length), payload]),
  read: (bytes, length) => {
    expect(bytes.readUInt32LE(0)).toBe(bytes.length - 4)
    expect(bytes.length - 4 - length).toBeLessThan(16)
    return bytes.subarray(4, 4 + length)
  },
}

const full = (): Client => {
  let number = 0
  return {
    tag: Buffer.alloc(0),
    frame: (payload) => {
      const start = Buffer.concat([uint32(payload.length + 12), uint32(number++), payload])
      return Buffer.concat([start, uint32(crc32(start))])
    },
    read: (bytes, length) => {
      expect(bytes.readUInt32LE(0)).toBe(length + 12)
      expect(bytes.readUInt32LE(4)).toBe(0)
      expect(bytes.readUInt32LE(8 + length)).toBe(crc32(bytes.subarray(0, 8 + length)))
      return bytes.subarray(8, 8 + length)
    },
  }
}

/** A header that no plain transport begins with, and the ciphers that follow from it. */
const obfuscate = (tag: Buffer) => {
  const header = randomBytes(64)
  header.set([1, 1, 1, 1, 1, 1, 1, 1])
  const cipher = createCipheriv("aes-256-ctr", header.subarray(8, 40), header.subarray(40, 56))
  const reversed = Buffer.from(header.subarray(8, 56)).reverse()
  const decipher = createDecipheriv("aes-256-ctr", reversed.subarray(0, 32), reversed.subarray(32, 48))
  const plain = Buffer.from(header)
  if (tag.length > 0) plain.fill(tag, 56, 60)
  const sent = Buffer.concat([header.subarray(0, 56), cipher.update(plain).subarray(56)])
  return { header: sent, cipher, decipher }
}

const collect = () => {
  const frames: string[] = []
  const written: Uint8Array[] = []
  const transport = new Transport({
    write: (bytes) => written.push(bytes),
    frame: (frame) => frames.push(frame.toString()),
  })
  return { frames, transport, written: () => Buffer.concat(written) }
}

const payloads = ["first...", "x".repeat(4000), "the last"].map((text) => Buffer.from(text))

const clients: readonly (readonly [string, boolean, () => Client])[] = [
  ["abridged", true, () => abridged],
  ["abridged", false, () => abridged],
  ["intermediate", true, () => intermediate],
  ["intermediate", false, () => intermediate],
  ["padded intermediate", true, () => padded],
  ["padded intermediate", false, () => padded],
  // The documents do not allow the full transport inside obfuscation.
  ["full", false, full],
]

describe("The transport", () => {
  it.each(clients)("understands %s frames (obfuscated: %s) however the bytes are cut", (_, isObfuscated, make) => {
    for (const size of [1, 3, 7, 64, 100_000]) {
      const client = make()
      const plain = Buffer.concat([isObfuscated ? Buffer.alloc(0) : client.tag, ...payloads.map(client.frame)])
      const { header, cipher } = obfuscate(client.tag)
      const bytes = isObfuscated ? Buffer.concat([header, cipher.update(plain)]) : plain
      const { frames, transport } = collect()
      for (let start = 0; start < bytes.length; start += size) transport.receive(bytes.subarray(start, start + size))
      expect(frames).toEqual(payloads.map(String))
    }
  })

  it.each(clients)("answers with %s frames (obfuscated: %s)", (_, isObfuscated, make) => {
    for (const payload of payloads) {
      const client = make()
      const { header, decipher, cipher } = obfuscate(client.tag)
      const { transport, written } = collect()
      const first = client.frame(Buffer.alloc(8))
      transport.receive(
        isObfuscated ? Buffer.concat([header, cipher.update(first)]) : Buffer.concat([client.tag, first]),
      )
      transport.send(payload.subarray(0, 4), payload.subarray(4))
      const bytes = isObfuscated ? decipher.update(written()) : written()
      expect(client.read(bytes, payload.length).toString()).toBe(payload.toString())
    }
  })

  it("refuses a frame above its bound as soon as the length is known", () => {
    const { transport } = collect()
    const bytes = Buffer.concat([intermediate.tag, uint32(MAX_FRAME_BYTES + 1)])
    expect(() => transport.receive(bytes)).toThrow(ProtocolViolation)
  })

  it("tells of a long frame when its first bytes are there, once", () => {
    const announced: unknown[] = []
    const transport = new Transport({
      write: () => undefined,
      frame: () => undefined,
      announced: (start, length) => announced.push([start.readBigUInt64LE(), length]),
    })
    transport.receive(Buffer.concat([intermediate.tag, uint32(5000), Buffer.alloc(7)]))
    expect(announced).toEqual([])
    for (let more = 0; more < 3; more++) transport.receive(Buffer.alloc(100))
    expect(announced).toEqual([[0n, 5000]])
  })

  it("refuses a full frame with a wrong checksum or number", () => {
    const frame = full().frame(Buffer.from("payload."))
    const wrong = Buffer.from(frame)
    wrong.writeUInt8(wrong.readUInt8(10) ^ 1, 10)
    expect(() => collect().transport.receive(wrong)).toThrow("checksum")
    expect(() => collect().transport.receive(Buffer.concat([frame, frame]))).toThrow("frame 0 comes instead of 1")
  })

  it.each([
    ["a transport that it does not know", Buffer.alloc(64, 9), "none of the known ones"],
    ["a web browser", Buffer.from("GET / HTTP/1.1\r\n\r\n"), "HTTP"],
    ["TLS", Buffer.from("16030102000100", "hex").fill(1, 5), "TLS"],
  ])("refuses %s", (_, bytes, why) => {
    const { transport } = collect()
    expect(() => transport.receive(Buffer.concat([bytes, Buffer.alloc(8, 1)]))).toThrow(why)
  })
})
