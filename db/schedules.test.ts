import { Effect } from "effect"
import { expect, it } from "vitest"
import { freshDatabase } from "../test/fresh-database.ts"
import { accountStandings } from "./account-states.ts"
import { addAccount } from "./accounts.ts"
import { Database } from "./database.ts"
import { accountSchedules, noSchedule, pauseAccount, resumeAccount, scheduleOf, setSchedule } from "./schedules.ts"

it("keeps an account's pause apart from its hours and its speed", async () => {
  const url = await freshDatabase()
  await Effect.runPromise(
    Effect.gen(function* () {
      const { id } = yield* addAccount({ phone: "+10000000001", displayName: "Ana" })
      expect(yield* scheduleOf(id)).toEqual(noSchedule(id))
      expect(yield* resumeAccount(id)).toBe(false)
      yield* pauseAccount(id, false)
      const { pausedAt } = yield* scheduleOf(id)
      yield* pauseAccount(id, true)
      expect(yield* scheduleOf(id)).toMatchObject({ pausedAt, pauseInterrupts: true })
      yield* setSchedule({ accountId: id, quietHours: "01:00-07:30", maxDownloadMbit: 2.5, maxUploadMbit: null })
      expect(yield* accountStandings()).toMatchObject([{ id, pausedAt }])
      expect(yield* resumeAccount(id)).toBe(true)
      expect(yield* accountSchedules()).toEqual([
        { ...noSchedule(id), quietHours: "01:00-07:30", maxDownloadMbit: 2.5 },
      ])
      expect(yield* accountStandings()).toMatchObject([{ id, pausedAt: null }])
    }).pipe(Effect.provide(Database.layer({ url, max: 1, applicationName: "test" }))),
  )
})
