import { describe, expect, it } from "vitest"
import { faultPoints } from "../../src/fault-point.ts"
import { shortMatrix } from "./plan.ts"
import { crashRun } from "./run.ts"
import { isPointStrike, nameOf } from "./strike.ts"

const ROUNDS = 4
const clean = { duplicates: [], lost: [], stuck: [], leftovers: [] }

describe("a worker that is killed again and again", () => {
  it("is killed at every named point", () => {
    const struck = new Set(
      shortMatrix.flatMap(({ strikes }) => strikes.filter(isPointStrike).map(({ point }) => point)),
    )
    expect([...struck].sort()).toEqual([...faultPoints].sort())
  })

  it.each(shortMatrix.map((plan, index) => [index + 1, plan] as const))(
    "ends with one copy of everything and nothing left behind (row %i of the matrix)",
    async (_, plan) => {
      const { log, missed, verdict } = await crashRun(plan, ROUNDS, () => undefined)
      expect(verdict, log.slice(-20_000)).toEqual(clean)
      expect(missed.map(nameOf)).toEqual([])
    },
    600_000,
  )
})
