import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { makeArchive, sha256 } from "./archive-files.ts"
import { oneSource } from "./one-source.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"

const MEBIBYTE = 1024 * 1024
const phone = "15550001001"

const worldOf = (...files: ReadonlyArray<string>) =>
  oneSource(
    phone,
    files.map((file) => ({ file })),
  )

const uploadedBytes = ({ sandbox }: RunningWorker): number => {
  const counters = sandbox.counters().accounts[phone]
  return (counters?.["upload.saveFilePart"]?.bytesIn ?? 0) + (counters?.["upload.saveBigFilePart"]?.bytesIn ?? 0)
}

describe("a worker that copies instead of uploading (STASH_PUBLISH=copy)", () => {
  it("copies what needs no splitting, and uploads the rest", async () => {
    let [small, large] = ["", ""]
    await using worker = await RunningWorker.prepare(async (folder) => {
      small = await makeArchive(folder, "Small.zip", MEBIBYTE)
      large = await makeArchive(folder, "Large.zip", 12 * MEBIBYTE)
      return worldOf(small, large)
    })
    worker.start({ STASH_PUBLISH: "copy", MAX_PART_SIZE_MB: "10", STASH_VERIFY_UPLOADS: "digest" })
    await worker.untilSettled(2)
    const copied = worker.library.filter(({ name }) => name === "Small.zip")
    expect(copied.map((file) => file.sha256)).toEqual([await sha256(small)])
    const pieces = worker.library.filter(({ name }) => name.startsWith("Large.zip."))
    expect(pieces).toHaveLength(2)
    expect(uploadedBytes(worker)).toBeGreaterThan(12 * MEBIBYTE)
    // What is there is known by its caption, as after an upload.
    const [message] = await worker.query(`select "contentHash" as hash from packages where "fileName" = 'Small.zip'`)
    const channel = worker.sandbox.state().channels.find(({ name }) => name === LIBRARY)
    const text = channel?.messages.find(({ file }) => file?.name === "Small.zip")?.text
    expect(text).toContain(String(message?.["hash"]).slice(0, 16))
    expect(await worker.stop()).toBe(0)
  }, 120_000)

  it("uploads a file that Telegram does not copy", async () => {
    let dragon = ""
    await using worker = await RunningWorker.prepare(async (folder) => {
      dragon = await makeArchive(folder, "Dragon.zip", MEBIBYTE)
      return worldOf(dragon)
    })
    await worker.post("/faults", {
      method: "messages.sendMedia",
      times: 1,
      effect: { error: { code: 400, text: "MEDIA_INVALID" } },
    })
    worker.start({ STASH_PUBLISH: "copy" })
    await worker.untilSettled(1)
    expect(worker.library.map((file) => file.sha256)).toEqual([await sha256(dragon)])
    expect(uploadedBytes(worker)).toBeGreaterThan(MEBIBYTE)
    expect(worker.log.filter(({ event }) => event === "copy.refused")).toHaveLength(1)
    expect(await worker.stop()).toBe(0)
  }, 120_000)

  it.each(["part.handed", "part.delivered"])(
    "does not make two of one when an account dies at %s",
    async (point) => {
      let dragon = ""
      await using worker = await RunningWorker.prepare(async (folder) => {
        dragon = await makeArchive(folder, "Dragon.zip", MEBIBYTE)
        return worldOf(dragon)
      })
      const faults = join(worker.folder, "faults")
      await mkdir(faults)
      await writeFile(join(faults, "fault.json"), JSON.stringify({ point, nth: 1, what: "kill cell" }))
      worker.start({ STASH_PUBLISH: "copy", STASH_FAULT_POINTS: faults })
      await worker.untilSettled(1)
      expect(worker.log.filter(({ event }) => event === "account.restart")).toHaveLength(1)
      expect(worker.library.map((file) => file.sha256)).toEqual([await sha256(dragon)])
      expect(uploadedBytes(worker)).toBe(0)
      expect(await worker.stop()).toBe(0)
    },
    120_000,
  )
})
