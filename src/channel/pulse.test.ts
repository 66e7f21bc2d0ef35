import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { followPulse } from "./pulse.ts"

describe("a pulse", () => {
  it("counts the looks since the last beat, whatever the clocks say", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2 })), (beatsBetweenLooks) => {
        let beats = 0
        const look = followPulse(() => beats)
        const seen = beatsBetweenLooks.map((more) => {
          beats += more
          return look()
        })
        const lastBeat = (look: number) => beatsBetweenLooks.findLastIndex((more, index) => more > 0 && index <= look)
        expect(seen).toEqual(beatsBetweenLooks.map((_, look) => look - lastBeat(look)))
      }),
    )
  })
})
