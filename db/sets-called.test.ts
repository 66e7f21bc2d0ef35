import { Effect } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import { twoAccounts } from "../test/two-accounts.ts"
import { upsertChannel } from "./channels.ts"
import { setsCalled } from "./sets-called.ts"
import { run } from "./statement.ts"

/** More than two pages of names. */
const SETS = 12_000

let check: Awaited<ReturnType<typeof twoAccounts>>["check"]

beforeEach(async () => {
  const accounts = await twoAccounts()
  check = accounts.check
  await check(
    Effect.gen(function* () {
      const channel = { title: "Source", type: "SOURCE" as const, isForum: false, isActive: true }
      const { id: source } = yield* upsertChannel({ ...channel, telegramId: -1 })
      const { id: other } = yield* upsertChannel({ ...channel, telegramId: -2 })
      // Every third is called like many others, and the order of their change is that of no name.
      yield* run(
        "many sets",
        (sql) => sql`
          insert into stash_claims
            ("sourceChannelId", "firstMessageId", "accountId", "token", "state", "setName", "volumes", "bytes", "updatedAt")
          select case n % 2 when 0 then ${source} else ${other} end, n, ${accounts.ana}, n, 'published',
                 case n % 3 when 0 then 'One of Many.zip' else 'Dragon ' || n || '.zip' end, 1, 1,
                 now() - n * 7919 % ${SETS}::int * interval '1 second'
          from generate_series(1, ${SETS}::int) n`,
      )
    }),
  )
})

const found = (part: string) =>
  check(Effect.map(setsCalled(part), (sets) => sets.map(({ firstMessageId }) => firstMessageId)))

/** The newest twenty of those that are meant. */
const newest = (isMeant: (n: number) => boolean) =>
  Array.from({ length: SETS }, (_, index) => index + 1)
    .filter(isMeant)
    .sort((one, other) => ((one * 7919) % SETS) - ((other * 7919) % SETS))
    .slice(0, 20)

const hasOwnName = (n: number) => n % 3 !== 0

describe("sets that are looked for by a part of their name", () => {
  it("are the newest of all that have it, in whatever letters", async () => {
    expect(await found("dragon")).toEqual(newest(hasOwnName))
    expect(await found("GON 11")).toEqual(newest((n) => hasOwnName(n) && String(n).startsWith("11")))
    expect(await found("of many")).toEqual(newest((n) => !hasOwnName(n)))
    expect(await found(".zip")).toEqual(newest(() => true))
  })

  it("are found when there is one, and not when there is none", async () => {
    expect(await found("gon 11999")).toEqual([11_999])
    expect(await found("knight")).toEqual([])
  })
})
