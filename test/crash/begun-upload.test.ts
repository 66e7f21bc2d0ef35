import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { until } from "../until.ts"
import { Rig } from "./rig.ts"
import { strikeOnce } from "./strike-once.ts"
import { judge } from "./verdict.ts"

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
      // The set that had been begun may be skipped after all, once another one has brought its content there.
      const isDone = async () => {
        const [open] = await rig.query(`
          select (select count(*) from packages where "fileCount" > 0)::int as complete,
                 (select count(*) from stash_publications)::int as begun`)
        return open?.["complete"] === rig.crashWorld.expected.length && open["begun"] === 0
      }
      expect(await until(150_000, isDone, 200), (await rig.readLog()).slice(-20_000)).toBe(true)
      await rig.stopWorkers()
      const { duplicates, lost } = await judge(rig)
      expect({ duplicates, lost }).toEqual({ duplicates: [], lost: [] })
    } finally {
      await rig.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    }
  }, 300_000)
})
