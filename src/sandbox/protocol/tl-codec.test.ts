import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { ProtocolViolation } from "./protocol-violation.ts"
import { decode, TlReader } from "./tl-reader.ts"
import { VECTOR_ID } from "./tl-schema.ts"
import type { TlObject } from "./tl-types.ts"
import { encode, TlWriter } from "./tl-writer.ts"

const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const bytes = fc.uint8Array({ maxLength: 600 }).map((array) => Buffer.from(array))

const document = fc.record({
  _: fc.constant("document"),
  id: long,
  accessHash: long,
  fileReference: bytes,
  date: int,
  mimeType: fc.string({ unit: "grapheme", maxLength: 300 }),
  size: fc.maxSafeInteger(),
  dcId: int,
  attributes: fc.array(
    fc.oneof(
      fc.record({ _: fc.constant("documentAttributeFilename"), fileName: fc.string({ maxLength: 300 }) }),
      fc.record({ _: fc.constant("documentAttributeImageSize"), w: int, h: int }),
    ),
    { maxLength: 5 },
  ),
})

const message = fc.record(
  {
    _: fc.constant("message"),
    out: fc.constant(true),
    id: int,
    peerId: fc.record({ _: fc.constant("peerChannel"), channelId: fc.maxSafeInteger() }),
    date: int,
    message: fc.string({ unit: "grapheme" }),
    media: fc.record({ _: fc.constant("messageMediaDocument"), document }),
    groupedId: long,
    editDate: int,
  },
  { requiredKeys: ["_", "id", "peerId", "date", "message"] },
)

/** Flags fields are read as numbers and written from what is present, so they are no part of the comparison. */
const withoutFlags = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutFlags)
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !/^flags2?$/.test(name))
      .map(([name, inner]) => [name, withoutFlags(inner)]),
  )
}

describe("The type language codec", () => {
  it("reads back what it wrote, with optional fields present and absent", () => {
    fc.assert(
      fc.property(message, (original) => {
        expect(withoutFlags(decode(encode(original)))).toEqual(original)
      }),
      { numRuns: 200 },
    )
  })

  it("writes a message of the MTProto layer byte for byte as the protocol's documents show", () => {
    const nonce = Buffer.from("3e0549828cca27e966b301a48fece2fc", "hex")
    const request: TlObject & { nonce: Buffer } = { _: "mt_req_pq_multi", nonce }
    expect(encode(request).toString("hex")).toBe("f18e7ebe3e0549828cca27e966b301a48fece2fc")
  })

  it("does not write one of two fields that share a flag without the other", () => {
    const views = { _: "message", id: 1, peerId: { _: "peerChannel", channelId: 1 }, date: 1, message: "", views: 1 }
    expect(() => encode(views)).toThrow("message.forwards: int was expected, not undefined")
  })

  it("refuses every shortened form of a message", () => {
    const whole = encode({ _: "documentAttributeFilename", fileName: "dragon.zip" } as TlObject)
    for (let length = 0; length < whole.length; length++) {
      expect(() => decode(whole.subarray(0, length))).toThrow(ProtocolViolation)
    }
  })

  it("refuses a vector that announces more elements than there are bytes", () => {
    const writer = new TlWriter()
    writer.int(VECTOR_ID)
    writer.int(0x7fffffff)
    expect(() => decode(writer.done())).toThrow("does not fit")
  })

  it("refuses objects that are nested without end", () => {
    const writer = new TlWriter()
    for (let depth = 0; depth < 10_000; depth++) {
      writer.int(VECTOR_ID)
      writer.int(1)
    }
    expect(() => decode(writer.done())).toThrow("nested too deeply")
  })

  it("refuses a value of another type than the schema names for a field, and a constructor where a call belongs", () => {
    const wrongPeer = { _: "messages.setTyping", peer: { _: "codeSettings" }, action: { _: "sendMessageTypingAction" } }
    expect(() => decode(encode(wrongPeer as TlObject))).toThrow("a value of type InputPeer was expected")
    const wrongQuery = { _: "invokeWithLayer", layer: 223, query: { _: "inputPeerEmpty" } }
    expect(() => decode(encode(wrongQuery as TlObject))).toThrow("a value of type !X was expected")
  })

  it("reads random bytes without any other error than a protocol violation", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (random) => {
        try {
          new TlReader(Buffer.from(random)).boxed()
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolViolation)
        }
      }),
      { numRuns: 500 },
    )
  })

  it("says which field of an answer does not fit the schema", () => {
    const wrong = { _: "documentAttributeFilename", fileName: 7 }
    expect(() => encode(wrong)).toThrow("documentAttributeFilename.fileName: string was expected, not number")
  })
})
