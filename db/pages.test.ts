import { Effect } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import { twoAccounts } from "../test/two-accounts.ts"
import { upsertChannel } from "./channels.ts"
import { shelf } from "./installation.ts"
import { allPages } from "./pages.ts"
import { libraryMessages } from "./rebuild.ts"
import { run } from "./statement.ts"

describe("all pages", () => {
  const rows = [2, 3, 5, 7, 11]
  const pagesOf = (size: number) =>
    Effect.runPromise(
      allPages(0, (key) => {
        const content = rows.filter((row) => row > key).slice(0, size)
        return Effect.succeed({ content, last: content.length < size ? undefined : content.at(-1) })
      }),
    )

  it("have every row once, in their order", async () => {
    for (const size of [1, 2, 4, 5, 6]) expect((await pagesOf(size)).flat()).toEqual(rows)
  })
})

/** More than two pages of either kind. */
const PACKAGES = 4500

describe("a library of more than one page", () => {
  let check: Awaited<ReturnType<typeof twoAccounts>>["check"]
  let library = ""
  beforeEach(async () => {
    check = (await twoAccounts()).check
    await check(
      Effect.gen(function* () {
        const channel = { title: "Library", type: "DESTINATION" as const, isForum: false, isActive: true }
        library = (yield* upsertChannel({ ...channel, telegramId: -1 })).id
        // Every tenth is without messages, every tenth of the others elsewhere.
        yield* run(
          "packages",
          (sql) => sql`
            insert into "packages" ("id", "contentHash", "fileName", "fileSize", "archiveType", "sourceChannelId", "sourceMessageId",
                                    "destChannelId", "destMessageId", "destMessageIds", "fileCount", "partCount")
            select md5(n::text), case n % 100 when 0 then 'rebuild:' || n else n::text end, 'a.zip', 1, 'ZIP', ${library}, n,
                   case when n % 10 = 1 then 'elsewhere' else ${library} end, case when n % 10 = 0 then null else 2 * n end,
                   array[2 * n, 2 * n + 1], n % 2, case n % 10 when 5 then 3 else 2 end
            from generate_series(1, ${PACKAGES}::int) n`,
        )
        yield* run(
          "destination",
          (sql) => sql`
            insert into "global_settings" ("key", "value", "updatedAt") values ('destination_channel_id', ${library}, now())`,
        )
      }),
    )
  })

  it("is counted as a whole", async () => {
    expect(await check(shelf())).toEqual({
      ...{ packages: PACKAGES, unpublished: PACKAGES / 10, stubs: PACKAGES / 2, rebuilt: PACKAGES / 100 },
      ...{ short: PACKAGES / 10, elsewhere: PACKAGES / 10 },
    })
  })

  it("has the messages of all its packages", async () => {
    const messages = Array.from({ length: PACKAGES }, (_, index) => index + 1).flatMap((n) =>
      n % 10 > 1 ? [2 * n, 2 * n + 1] : [],
    )
    expect([...(await check(libraryMessages(library)))].sort((a, b) => a - b)).toEqual(messages)
  })
})
