import { readFileSync } from "node:fs"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { LzipError, LzipMembers, type LzipPiece } from "./lzip.ts"

const sample = readFileSync(new URL("../../test/streams/sample.tar.lz", import.meta.url))

const piecesOf = (bytes: Uint8Array, step = bytes.length): ReadonlyArray<LzipPiece> => {
  const members = new LzipMembers()
  const pieces: Array<LzipPiece> = []
  for (let at = 0; at < bytes.length; at += step) pieces.push(...members.push(bytes.subarray(at, at + step)))
  return [...pieces, ...members.end()]
}

/** The same with neighbouring pieces of data joined. */
const summary = (pieces: ReadonlyArray<LzipPiece>) => ({
  kinds: pieces.filter(({ kind }) => kind !== "data").map(({ kind }) => kind),
  data: Buffer.concat(pieces.map((piece) => (piece.kind === "data" ? piece.bytes : Buffer.from([])))).toString("hex"),
  sizes: pieces.flatMap((piece) => (piece.kind === "trailer" ? [piece.trailer.unpackedBytes] : [])),
})

describe("an lzip stream", () => {
  it("has its members found by the sizes in their trailers", () => {
    expect(summary(piecesOf(sample))).toMatchObject({
      kinds: ["member", "trailer", "member", "trailer"],
      sizes: [3000, 10_240 - 3000],
    })
  })

  it("is the same however it is cut into chunks", () => {
    const whole = summary(piecesOf(sample))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: sample.length }), (step) => {
        expect(summary(piecesOf(sample, step))).toEqual(whole)
      }),
    )
  })

  it("is noticed to be cut off", () => {
    for (const missing of [1, 19, 20, 21, 100])
      expect(() => piecesOf(sample.subarray(0, sample.length - missing))).toThrow(LzipError)
  })

  it("ends in pieces or an error of its own, whatever bytes are changed", () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }))
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 600 }),
        (changes, step) => {
          const copy = Uint8Array.from(sample)
          for (const [place, value] of changes) copy[place % copy.length] = value
          try {
            piecesOf(copy, step)
          } catch (error) {
            expect(error).toBeInstanceOf(LzipError)
          }
        },
      ),
      { numRuns: 2000 },
    )
  })
})
