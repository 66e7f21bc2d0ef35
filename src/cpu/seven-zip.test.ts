import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { Cancelled, cancel, makeFlag, neverCancelled, runCancellable } from "./cancellation.ts"
import { runSevenZip, type SevenZipRun } from "./seven-zip.ts"

const corpus = new URL("../../test/corpus/", import.meta.url).pathname

/** 7-Zip's own benchmark, which runs for long. */
const benchmark: SevenZipRun = {
  arguments: ["b", "99", "-mmt1", "-md18"],
  directory: tmpdir(),
  wallMilliseconds: 60_000,
  memoryBytes: 512 * 1024 ** 2,
  maxOutputBytes: 1_000_000,
  cancellation: neverCancelled,
  onOutput: () => {},
}

describe("7-Zip as a child", () => {
  it("is stopped by the clock", async () => {
    expect(await runSevenZip({ ...benchmark, wallMilliseconds: 100 })).toMatchObject({ code: null, stoppedBy: "time" })
  })

  it("is stopped when it prints too much", async () => {
    const run = { ...benchmark, arguments: ["l", "-slt", "-ba", "--", join(corpus, "cc/ordertest.zip")] }
    let seen = 0
    const exit = await runSevenZip({ ...run, maxOutputBytes: 100, onOutput: (chunk) => (seen += chunk.length) })
    expect(exit.stoppedBy).toBe("output")
    expect(seen).toBeLessThanOrEqual(100)
  })

  it("is gone once the job is cancelled", async () => {
    const flag = makeFlag()
    const run = runCancellable(flag, (cancellation) => {
      setTimeout(() => cancel(flag), 100)
      return runSevenZip({ ...benchmark, cancellation })
    })
    await expect(run).rejects.toBeInstanceOf(Cancelled)
  })

  it("passes on what its reader throws", async () => {
    const onOutput = () => {
      throw new Error("the reader failed")
    }
    const run = { ...benchmark, arguments: ["l", "-slt", "-ba", "--", join(corpus, "cc/ordertest.zip")], onOutput }
    await expect(runSevenZip(run)).rejects.toThrow("the reader failed")
  })
})
