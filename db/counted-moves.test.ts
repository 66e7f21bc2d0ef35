import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { freshDatabase } from "../test/fresh-database.ts"
import { addAccount } from "./accounts.ts"
import { spendMove } from "./counted-moves.ts"
import { Database } from "./database.ts"
import { run } from "./statement.ts"

const check = async <A, E>(work: Effect.Effect<A, E, Database>) => {
  const url = await freshDatabase()
  return Effect.runPromise(Effect.provide(work, Database.layer({ url, max: 4, applicationName: "test" })))
}

const passHours = (hours: number) =>
  run("pass hours", (sql) => sql`update stash_counted_moves set "at" = "at" - make_interval(hours => ${hours})`)

describe("moves that are counted", () => {
  it("are allowed up to so many within a time, whoever asks at once, and again when the oldest is out of it", () =>
    check(
      Effect.gen(function* () {
        const { id } = yield* addAccount({ phone: "15550001001", displayName: null })
        const budget = { accountId: id, move: "join", most: 3, withinSeconds: 86_400, apartSeconds: 0 }
        const ask = spendMove(budget)
        const answers = yield* Effect.all([ask, ask, ask, ask, ask], { concurrency: "unbounded" })
        expect(answers.filter((millis) => millis === 0)).toHaveLength(3)
        for (const millis of answers.filter((one) => one > 0)) expect(millis).toBeGreaterThan(86_000_000)
        yield* passHours(23)
        expect(yield* ask).toBeGreaterThan(3_000_000)
        expect(yield* spendMove({ ...budget, move: "invite check" })).toBe(0)
        yield* passHours(2)
        expect(yield* ask).toBe(0)
      }),
    ))

  it("are kept apart", () =>
    check(
      Effect.gen(function* () {
        const { id } = yield* addAccount({ phone: "15550001001", displayName: null })
        const ask = spendMove({ accountId: id, move: "join", most: 100, withinSeconds: 86_400, apartSeconds: 600 })
        expect(yield* ask).toBe(0)
        expect(yield* ask).toBeGreaterThan(500_000)
        yield* passHours(1)
        expect(yield* ask).toBe(0)
      }),
    ))
})
