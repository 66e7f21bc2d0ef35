import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { Rig } from "./rig.ts"
import { strikeOnce } from "./strike-once.ts"
import { until } from "./until.ts"
import { isQuiet, judge } from "./verdict.ts"

describe("an upload that has begun", () => {
  it("is finished, however often its account has died in it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "stash-begun-"))
    const rig = await Rig.start(folder, { workers: 1, hasSmallDisk: false })
    try {
      expect(await strikeOnce(rig, { blow: "kill everything", point: "part.delivered", nth: 2 })).toBe(true)
      const begun = await rig.query(`
        update stash_claims c set attempts = 1000 from stash_publications p
        where c."sourceChannelId" = p."sourceChannelId" and c."firstMessageId" = p."firstMessageId" returning 1`)
      expect(begun.length).toBeGreaterThan(0)
      await rig.clearFaults()
      rig.startWorkers()
      await until(150_000, () => isQuiet(rig), 200)
      await rig.stopWorkers()
      const { duplicates, lost, stuck } = await judge(rig)
      expect({ duplicates, lost, stuck }, (await rig.readLog()).slice(-20_000)).toEqual({
        duplicates: [],
        lost: [],
        stuck: [],
      })
    } finally {
      await rig.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    }
  }, 300_000)
})
