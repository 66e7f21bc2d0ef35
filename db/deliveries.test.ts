import { Effect, Option } from "effect"
import { describe, expect, it } from "vitest"
import { freshDatabase } from "../test/fresh-database.ts"
import { upsertChannel } from "./channels.ts"
import { Database } from "./database.ts"
import { beginSweeps, destinationsSoFar, noteSwept, sweptThrough } from "./deliveries.ts"

const check = async <A, E>(work: (destination: string) => Effect.Effect<A, E, Database>) => {
  const url = await freshDatabase()
  const channel = { telegramId: -1002, title: "library", type: "DESTINATION", isForum: false, isActive: true } as const
  return Effect.runPromise(
    Effect.flatMap(upsertChannel(channel), ({ id }) => work(id)).pipe(
      Effect.provide(Database.layer({ url, max: 2, applicationName: "test" })),
    ),
  )
}

describe("how far a destination was looked through", () => {
  it("begins where the first account saw its end: the second one may see messages of the first", () =>
    check((destination) =>
      Effect.gen(function* () {
        yield* beginSweeps(destination, 10)
        yield* beginSweeps(destination, 12)
        expect(yield* sweptThrough(destination)).toEqual(Option.some(10))
      }),
    ))

  it("never goes back", () =>
    check((destination) =>
      Effect.gen(function* () {
        yield* beginSweeps(destination, 10)
        yield* noteSwept(destination, 12)
        yield* noteSwept(destination, 11)
        expect(yield* sweptThrough(destination)).toEqual(Option.some(12))
      }),
    ))

  it("is remembered of every channel that was published in", () =>
    check((destination) =>
      Effect.gen(function* () {
        expect(yield* destinationsSoFar()).toEqual([])
        yield* beginSweeps(destination, 10)
        expect(yield* destinationsSoFar()).toEqual([{ channelId: destination, chatId: -1002, title: "library" }])
      }),
    ))
})
