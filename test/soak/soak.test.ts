import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { everyKindOnce } from "./plan.ts"
import { soak } from "./run.ts"

describe("a worker with several accounts", () => {
  it("survives every kind of fault: only who was struck goes down, and comes back, and nothing is doubled or lost", async () => {
    const folder = await mkdtemp(join(tmpdir(), "stash-soak-"))
    try {
      const { duplicates, lives, lost, unkept } = await soak({
        folder,
        accounts: 4,
        seed: 1,
        faults: everyKindOnce,
        milliseconds: Number.POSITIVE_INFINITY,
        sampleEveryMilliseconds: 10_000,
        report: () => undefined,
      })
      const found = { unplannedStops: lives.unplannedStops, duplicates, lost, unkept }
      const clean = { unplannedStops: [], duplicates: [], lost: [], unkept: [] }
      expect(found, (await readFile(join(folder, "worker.log"), "utf8")).slice(-20_000)).toEqual(clean)
      expect(lives.strikes.map(({ what }) => what)).toEqual(everyKindOnce.map(({ what }) => what))
      const onOneAccount = lives.strikes.filter(({ accountId }) => accountId !== null)
      expect(onOneAccount.map(({ victims }) => [...victims.keys()])).toEqual(
        onOneAccount.map(({ accountId }) => [accountId]),
      )
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    }
  }, 600_000)
})
