import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import type { World } from "../src/sandbox/sandbox.ts"
import { imageSize } from "../src/sandbox/state/image-size.ts"
import { jpegOf } from "../src/sandbox/state/jpeg.ts"
import { pictureOf } from "../src/sandbox/state/picture.ts"
import { makeArchive } from "./archive-files.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"

const KIBIBYTE = 1024
const phone = "15550001001"

type Messages = NonNullable<World["channels"][number]["messages"]>

const worldOf = (messages: Messages): World => ({
  accounts: [{ phone, firstName: "Alice", premium: false, code: "12345" }],
  channels: [
    { name: "source", title: "Titan Forge [official]", kind: "channel", members: [phone], messages },
    { name: LIBRARY, title: "Library", kind: "channel", members: [phone], admins: [phone], messages: [] },
  ],
})

/** Width and height of an encoded picture; null where there is none. */
const sizeOf = (picture: unknown) => {
  if (!(picture instanceof Buffer)) return null
  const read = (offset: number, bytes: number) => picture.subarray(offset, offset + bytes)
  return imageSize({ bytes: picture.length, read })
}

/** Message ids as the tables have them: the channel's beginning is its first message. */
const tdlibId = (id: number) => id * 2 ** 20

describe("the metadata of packages", () => {
  it("has an image of the archive when no picture was posted, and not what is only called so", async () => {
    await using worker = await RunningWorker.prepare(async (folder) => {
      await mkdir(folder, { recursive: true })
      const [cover, first] = [join(folder, "cover.jpg"), join(folder, "1.jpg")]
      await writeFile(cover, "this is no picture")
      await writeFile(first, jpegOf(pictureOf(1), 300, 200))
      const images = [cover, first].map((path) => `-i!${path}`)
      return worldOf([{ file: await makeArchive(folder, "Dragon.7z", 20 * KIBIBYTE, ...images) }])
    })
    worker.start()
    await worker.untilSettled(1)
    await worker.until("the files", `select 1 as ok from packages where "fileCount" > 0`)
    const [dragon] = await worker.query(
      `select "fileCount" as files, "previewData" as preview, "previewMsgId" as photo from packages`,
    )
    expect({ ...dragon, preview: sizeOf(dragon?.["preview"]) }).toEqual({
      files: 3,
      preview: { width: 300, height: 200 },
      photo: null,
    })
  }, 120_000)

  it("has the picture that was posted with each, what it answers, and the groups they belong to", async () => {
    const hours = (count: number) => 1_700_000_000 + count * 3600
    const picture = (seed: number) => ({ generate: { width: 1600, height: 1200, seed } })
    await using worker = await RunningWorker.prepare(async (folder) => {
      const archive = (name: string) => makeArchive(folder, name, 20 * KIBIBYTE)
      return worldOf([
        // 2 to 5: an archive that answers a picture, hours after it, and one that answers that.
        { photo: picture(1), label: "dragon", date: hours(0) },
        { text: "much later", date: hours(9) },
        { file: await archive("Dragon body.zip"), replyTo: "dragon", label: "body", date: hours(10) },
        { file: await archive("Dragon wings.zip"), replyTo: "body", date: hours(11) },
        // 6 to 9: an album of two archives, and a picture that names one of them.
        { file: await archive("Orc_Warband_heads.zip"), album: "orcs", caption: "Orcs, all of them", date: hours(30) },
        { file: await archive("Goblin_King.zip"), album: "orcs", date: hours(30) },
        { text: "what do you think?", date: hours(31) },
        { photo: picture(2), caption: "The Goblin King, supported\nby us", date: hours(32) },
        // 10: one alone.
        { file: await archive("Castle.zip"), date: hours(60) },
      ])
    })
    await worker.query(`update telegram_channels set "category" = 'Fantasy'`)
    worker.start()
    await worker.untilSettled(5)
    await worker.until("groups", "select 1 as ok from package_groups having count(*) = 2")

    const packages = await worker.query(`
      select p."fileName", p."creator", p."tags", p."sourceCaption" as caption, p."replyToMessageId"::float8 as reply,
             p."previewMsgId"::float8 as photo, p."previewData" as preview, g."name" as "group", g."groupingSource"::text as "by"
      from packages p left join package_groups g on g.id = p."packageGroupId" order by p."sourceMessageId"`)
    const common = { creator: "Titan Forge", tags: ["Fantasy"], caption: null, reply: null, photo: null, preview: null }
    const withPicture = (messageId: number) => ({ photo: tdlibId(messageId), preview: { width: 800, height: 600 } })
    const dragons = { group: "Dragon", by: "AUTO_REPLY" }
    const orcs = { group: "Orcs, all of them", by: "ALBUM" }
    expect(packages.map((one) => ({ ...one, preview: sizeOf(one["preview"]) }))).toEqual([
      { ...common, ...dragons, fileName: "Dragon body.zip", reply: tdlibId(2), ...withPicture(2) },
      { ...common, ...dragons, fileName: "Dragon wings.zip", reply: tdlibId(4) },
      { ...common, ...orcs, fileName: "Orc_Warband_heads.zip", caption: "Orcs, all of them" },
      { ...common, ...orcs, fileName: "Goblin_King.zip", ...withPicture(9) },
      { ...common, fileName: "Castle.zip", group: null, by: null },
    ])
  }, 120_000)
})
