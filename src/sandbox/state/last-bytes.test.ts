import * as fc from "fast-check"
import { expect, it } from "vitest"
import { LastBytes } from "./last-bytes.ts"

it("keeps the last bytes of pieces of any sizes", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 12 }),
      (count, pieces) => {
        const last = new LastBytes(count)
        for (const piece of pieces) last.push(piece)
        expect(last.bytes).toEqual(Buffer.concat(pieces).subarray(-count))
      },
    ),
  )
})
