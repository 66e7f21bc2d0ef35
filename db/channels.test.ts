import { Effect, Option } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import { freshDatabase } from "../test/fresh-database.ts"
import { addAccount } from "./accounts.ts"
import { destination, linkChannel, setDestination, sourcesOf, upsertChannel } from "./channels.ts"
import { Database } from "./database.ts"
import { getSetting, setSetting } from "./settings.ts"

let url = ""
beforeEach(async () => {
  url = await freshDatabase()
})

const check = <A, E>(work: Effect.Effect<A, E, Database>) =>
  Effect.runPromise(Effect.provide(work, Database.layer({ url, max: 4, applicationName: "test" })))

const chatId = -1001234567890
const source = { telegramId: chatId, title: "Dragons", type: "SOURCE", isForum: false, isActive: true } as const

const linked = Effect.gen(function* () {
  const account = yield* addAccount({ phone: "+10000000001", displayName: null })
  const channel = yield* upsertChannel({ ...source, category: "Miniatures" })
  yield* linkChannel({ accountId: account.id, channelId: channel.id, role: "READER" })
  return { accountId: account.id, channelId: channel.id }
})

describe("channels", () => {
  it("are kept once per Telegram id, and keep their category when none is given", () =>
    check(
      Effect.gen(function* () {
        const first = yield* upsertChannel({ ...source, category: "Miniatures" })
        const again = yield* upsertChannel({ ...source, title: "Dragons, renamed" })
        expect(again).toEqual({ ...first, title: "Dragons, renamed" })
        expect((yield* upsertChannel({ ...source, category: null })).category).toBeNull()
      }),
    ))
})

describe("sourcesOf", () => {
  it("lists the active source channels that the account reads", () =>
    check(
      Effect.gen(function* () {
        const { accountId, channelId } = yield* linked
        for (const other of [
          { ...source, telegramId: -2, isActive: false, role: "READER" },
          { ...source, telegramId: -3, type: "DESTINATION", role: "READER" },
          { ...source, telegramId: -4, role: "WRITER" },
        ] as const) {
          const { role, ...channel } = other
          yield* linkChannel({ accountId, channelId: (yield* upsertChannel(channel)).id, role })
        }
        expect(yield* sourcesOf(accountId)).toEqual([
          {
            mapId: expect.any(String),
            channelId,
            chatId,
            title: "Dragons",
            category: "Miniatures",
            isForum: false,
            mark: null,
          },
        ])
      }),
    ))
})

describe("destination", () => {
  it("is the active destination channel that the settings name, and nothing else", () =>
    check(
      Effect.gen(function* () {
        expect(yield* destination()).toEqual(Option.none())
        const library = { ...source, telegramId: -9, title: "Library", type: "DESTINATION" } as const
        const channel = yield* upsertChannel(library)
        yield* setDestination(channel.id)
        expect(yield* destination()).toEqual(Option.some({ channelId: channel.id, chatId: -9, title: "Library" }))
        yield* upsertChannel({ ...library, isActive: false })
        expect(yield* destination()).toEqual(Option.none())
        yield* upsertChannel({ ...library, type: "SOURCE" })
        expect(yield* destination()).toEqual(Option.none())
      }),
    ))
})

describe("settings", () => {
  it("hold the last value that was set", () =>
    check(
      Effect.gen(function* () {
        expect(yield* getSetting("key")).toEqual(Option.none())
        yield* setSetting("key", "one")
        yield* setSetting("key", "two")
        expect(yield* getSetting("key")).toEqual(Option.some("two"))
      }),
    ))
})
