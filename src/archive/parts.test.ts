import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { planParts } from "./parts.ts"

const block = 512 * 1024

describe("planning the parts of a set", () => {
  it("sends a volume that fits as it is, under its own name", () => {
    expect(planParts([{ name: "x.rar", bytes: block }], block)).toEqual([
      { part: 1, of: 1, volume: 0, piece: 0, offset: 0, bytes: block, name: "x.rar", whole: true },
    ])
  })

  it("cuts a volume that does not fit at a multiple of 512 KiB", () => {
    const parts = planParts([{ name: "x.zip", bytes: 5 * block + 1 }], 2 * block + 1000)
    expect(parts.map((part) => [part.name, part.offset, part.bytes])).toEqual([
      ["x.zip.001", 0, 2 * block],
      ["x.zip.002", 2 * block, 2 * block],
      ["x.zip.003", 4 * block, block + 1],
    ])
  })

  it("covers every byte of every volume once and in order, within the limit", () => {
    const volumes = fc.array(fc.integer({ min: 0, max: 40 * block }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(volumes, fc.integer({ min: block, max: 10 * block }), (sizes, limit) => {
        const parts = planParts(
          sizes.map((bytes, index) => ({ name: `v${index}`, bytes })),
          limit,
        )
        const reached = sizes.map(() => 0)
        for (const [index, part] of parts.entries()) {
          expect(part.part).toBe(index + 1)
          expect(part.of).toBe(parts.length)
          expect(part.bytes).toBeLessThanOrEqual(limit)
          expect(part.offset % block).toBe(0)
          expect(part.offset).toBe(reached[part.volume])
          reached[part.volume] = part.offset + part.bytes
        }
        expect(reached).toEqual(sizes)
        expect(parts.map((part) => part.volume)).toEqual(parts.map((part) => part.volume).sort((a, b) => a - b))
        expect(new Set(parts.map((part) => part.name)).size).toBe(parts.length)
      }),
    )
  })

  it("refuses a limit below one block when a cut is due", () => {
    expect(() => planParts([{ name: "x.zip", bytes: block }], block - 1)).toThrow(RangeError)
  })
})
