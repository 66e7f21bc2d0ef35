import { Effect } from "effect"
import { expect, it } from "vitest"
import { freshDatabase } from "../test/fresh-database.ts"
import { addAccount } from "./accounts.ts"
import { upsertChannel } from "./channels.ts"
import { claimSet, settleClaim } from "./claims.ts"
import { Database } from "./database.ts"
import { eventsOf, forgetEvents } from "./events.ts"
import { setsCalled } from "./sets-called.ts"
import { run } from "./statement.ts"

it("keeps the steps of a set until it is settled and old", async () => {
  const url = await freshDatabase()
  await Effect.runPromise(
    Effect.gen(function* () {
      const { id: accountId } = yield* addAccount({ phone: "+10000000001", displayName: "Ana" })
      const channel = { telegramId: -1, title: "Source", type: "SOURCE" as const, isForum: false, isActive: true }
      const set = { sourceChannelId: (yield* upsertChannel(channel)).id, firstMessageId: 7 * 2 ** 20 }
      const request = { setName: "Dragon.zip", volumes: 1, bytes: 10, fileKey: null, leaseSeconds: 60 }
      const claim = yield* claimSet({ ...set, accountId, ...request })
      const token = claim.outcome === "claimed" ? claim.token : 0
      yield* run("time passes", (sql) => sql`update stash_events set "at" = now() - interval '200 days'`)
      expect(yield* forgetEvents(180)).toBe(0)
      yield* settleClaim({ ...set, token, state: "skipped", reason: "too large", contentHash: null })
      expect((yield* eventsOf(set)).map(({ account, event }) => [event, account])).toEqual([
        ["claimed", "Ana"],
        ["skipped", "Ana"],
      ])
      for (const wanted of ["dragon", "Dragon.zip", "7"])
        expect(yield* setsCalled(wanted)).toMatchObject([{ setName: "Dragon.zip", state: "skipped" }])
      expect(yield* setsCalled("knight")).toEqual([])
      expect(yield* forgetEvents(180)).toBe(1)
      expect((yield* eventsOf(set)).map(({ event }) => event)).toEqual(["skipped"])
    }).pipe(Effect.provide(Database.layer({ url, max: 1, applicationName: "test" }))),
  )
})
