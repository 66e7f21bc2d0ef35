import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { makeArchive } from "./archive-files.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"

const KIBIBYTE = 1024
const phone = "15550001001"

describe("the app's list of skipped sets", () => {
  it("has each with its kind of reason and words, and loses the one that is published after all", async () => {
    await using worker = await RunningWorker.prepare(async (folder) => {
      const large = await makeArchive(folder, "Large.zip", 1500 * KIBIBYTE)
      const cut = await makeArchive(folder, "Cut.7z", 100 * KIBIBYTE)
      const whole = await readFile(cut)
      await writeFile(join(folder, "Cut.7z"), whole.subarray(0, whole.length / 2))
      const secret = await makeArchive(folder, "Secret.zip", 20 * KIBIBYTE)
      const channel = { kind: "channel" as const, members: [phone] }
      return {
        accounts: [{ phone, firstName: "Alice", premium: false, code: "12345" }],
        channels: [
          { ...channel, name: "open", title: "Open", messages: [{ file: large }, { file: cut }] },
          { ...channel, name: "closed", title: "Closed", protected: true, messages: [{ file: secret }] },
          { ...channel, name: LIBRARY, title: "Library", admins: [phone], messages: [] },
        ],
      }
    })
    worker.start({ WORKER_MAX_ZIP_SIZE_MB: "1" })
    await worker.untilSettled(3)
    // As the app's tab reads it.
    const tab = `
      select s."fileName", s."reason"::text, s."errorMessage" as why, c."title" as channel
      from skipped_packages s join telegram_channels c on c."id" = s."sourceChannelId" order by s."fileName"`
    expect(await worker.query(tab)).toEqual([
      {
        fileName: "Cut.7z",
        reason: "EXTRACT_FAILED",
        why: expect.stringMatching(/^(damaged|incomplete): /),
        channel: "Open",
      },
      {
        fileName: "Large.zip",
        reason: "SIZE_LIMIT",
        why: expect.stringMatching(/over the limit of 1048576/),
        channel: "Open",
      },
      {
        fileName: "Secret.zip",
        reason: "DOWNLOAD_FAILED",
        why: expect.stringMatching(/^protected content/),
        channel: "Closed",
      },
    ])
    // "Retry" of the app: the entry is deleted, the marks go back to right before the message.
    await worker.stop()
    await worker.query(`
      update account_channel_map m set "lastProcessedMessageId" = s."sourceMessageId" - 1
      from skipped_packages s where s."sourceChannelId" = m."channelId" and s."fileName" = 'Large.zip'`)
    await worker.query(`delete from skipped_packages where "fileName" = 'Large.zip'`)
    worker.start()
    await worker.until(
      "the large one",
      `select 1 as ok from packages where "fileName" = 'Large.zip' and "fileCount" > 0`,
    )
    const left = await worker.query(tab)
    expect(left.map(({ fileName }) => fileName)).toEqual(["Cut.7z", "Secret.zip"])
  }, 120_000)
})
