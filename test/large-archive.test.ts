import { statSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { makeArchive, sha256 } from "./archive-files.ts"
import { oneSource } from "./one-source.ts"
import { PeakDisk } from "./peak-disk.ts"
import { RunningWorker } from "./running-worker.ts"

const MEBIBYTE = 1024 * 1024
const phone = "15550001001"

/** What comes into the library of an archive of so many MiB, and the most of the disk that it took beside itself. */
const publish = async (mebibytes: number, partMebibytes: number) => {
  let path = ""
  await using worker = await RunningWorker.prepare(async (folder) => {
    path = await makeArchive(folder, "Dragon.zip", mebibytes * MEBIBYTE)
    return oneSource(phone, [{ file: path }])
  })
  const disk = new PeakDisk(join(worker.folder, "data"), 20)
  worker.start({ MAX_PART_SIZE_MB: String(partMebibytes) })
  await worker.untilSettled(1)
  const [row] = await worker.query(`select "contentHash", "partCount" from packages`)
  return {
    names: worker.library.map(({ name }) => name),
    extraParts: ((await disk.end()) - statSync(path).size) / (partMebibytes * MEBIBYTE),
    isSame: row?.["contentHash"] === (await sha256(path)),
    parts: row?.["partCount"],
  }
}

describe("an archive over the limit of a message", () => {
  it("is sent in as few parts as can be, of which at most two are on the disk beside it", async () => {
    const { extraParts, isSame, names, parts } = await publish(5, 2)
    expect(names).toEqual(["Dragon.zip.001", "Dragon.zip.002", "Dragon.zip.003"])
    expect({ isSame, parts }).toEqual({ isSame: true, parts: 3 })
    expect(extraParts).toBeLessThanOrEqual(2)
  }, 120_000)

  it("is sent as it lies, and nothing beside it is on the disk, when it fits", async () => {
    const { extraParts, names } = await publish(5, 6)
    expect(names).toEqual(["Dragon.zip"])
    expect(extraParts).toBeLessThan(0.1)
  }, 120_000)
})
