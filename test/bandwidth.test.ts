import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { makeArchive, sha256 } from "./archive-files.ts"
import { oneSource } from "./one-source.ts"
import { RunningWorker } from "./running-worker.ts"

const MEBIBYTE = 1024 * 1024
const phone = "15550001001"
/** Large enough to be uploaded piece by piece, and to be looked at early. */
const BYTES = 40 * MEBIBYTE

const worldOf = (file: string) => oneSource(phone, [{ file }])

/** What a limit lets through while calls of this kind came in: that much, what had been saved up, and a piece. */
const allowed = (worker: RunningWorker, method: string, bytesPerSecond: number): number => {
  const times = worker.sandbox.log.read({ method }).map(({ at }) => at)
  const seconds = (Math.max(...times) - Math.min(...times)) / 1000
  return bytesPerSecond * (seconds + 2)
}

const countersOf = (worker: RunningWorker, method: string) => worker.sandbox.counters().accounts[phone]?.[method]

describe("the bandwidth of a worker", () => {
  it("is kept within its limits, down and up", async () => {
    let dragon = ""
    await using worker = await RunningWorker.prepare(async (folder) => {
      dragon = await makeArchive(folder, "Dragon.zip", BYTES)
      return worldOf(dragon)
    })
    worker.start({ STASH_MAX_DOWNLOAD_MBIT: "80", STASH_MAX_UPLOAD_MBIT: "120" })
    await worker.untilSettled(1)
    expect(worker.library.map((file) => file.sha256)).toEqual([await sha256(dragon)])
    const down = countersOf(worker, "upload.getFile")
    const up = countersOf(worker, "upload.saveBigFilePart")
    expect(down?.bytesOut).toBeLessThan(allowed(worker, "upload.getFile", 10e6))
    expect(up?.bytesIn).toBeLessThan(allowed(worker, "upload.saveBigFilePart", 15e6))
    // Nothing was fetched or sent twice for it.
    expect(down?.bytesOut).toBeLessThan(1.2 * BYTES)
    expect(up?.bytesIn).toBeLessThan(1.2 * BYTES)
    // It is a copy, and no mention of the source's own document.
    expect(up?.bytesIn).toBeGreaterThan(BYTES)
    expect(worker.log.filter(({ event }) => event === "upload.unpaced")).toEqual([])
    expect(await worker.stop()).toBe(0)
  }, 180_000)

  it.each(["part.ready", "part.handed", "part.delivered"])(
    "does not make two of one when an account dies at %s",
    async (point) => {
      let dragon = ""
      await using worker = await RunningWorker.prepare(async (folder) => {
        dragon = await makeArchive(folder, "Dragon.zip", BYTES)
        return worldOf(dragon)
      })
      const faults = join(worker.folder, "faults")
      await mkdir(faults)
      await writeFile(join(faults, "fault.json"), JSON.stringify({ point, nth: 1, what: "kill cell" }))
      worker.start({ STASH_MAX_UPLOAD_MBIT: "400", STASH_FAULT_POINTS: faults })
      await worker.untilSettled(1)
      expect(worker.log.filter(({ event }) => event === "account.restart")).toHaveLength(1)
      expect(worker.library.map((file) => file.sha256)).toEqual([await sha256(dragon)])
      expect(await worker.stop()).toBe(0)
    },
    180_000,
  )

  it("does not make two of one when an account dies while its upload is ahead of the message", async () => {
    let dragon = ""
    await using worker = await RunningWorker.prepare(async (folder) => {
      dragon = await makeArchive(folder, "Dragon.zip", BYTES)
      return worldOf(dragon)
    })
    worker.start({ STASH_MAX_UPLOAD_MBIT: "80" })
    await worker.sandbox.wait({ for: "bytes", account: phone, direction: "up", atLeast: 10 * MEBIBYTE })
    await worker.stash("account", "restart", "Alice")
    await worker.untilSettled(1)
    expect(worker.library.map((file) => file.sha256)).toEqual([await sha256(dragon)])
    expect(await worker.stop()).toBe(0)
  }, 180_000)
})
