import { execFile } from "node:child_process"
import { randomBytes } from "node:crypto"
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import { sevenZipPath } from "../../src/cpu/seven-zip.ts"
import type { World } from "../../src/sandbox/sandbox.ts"
import { makeArchive } from "../archive-files.ts"
import { LIBRARY, RunningWorker } from "../running-worker.ts"
import { WebApp } from "./requests-web-app.ts"

const MEBIBYTE = 1024 * 1024
const alice = "15550001001"
const bob = "15550001002"
const corpus = fileURLToPath(new URL("../corpus/", import.meta.url))
const picture = randomBytes(40_000)

/** An archive with the picture at `pictures/front.png` and another file of so many bytes beside it. */
const archiveWithPicture = async (folder: string, name: string, bytes: number, ...options: ReadonlyArray<string>) => {
  const content = join(folder, `content of ${name}`)
  await mkdir(join(content, "pictures"), { recursive: true })
  await writeFile(join(content, "pictures", "front.png"), picture)
  await writeFile(join(content, "model.stl"), randomBytes(bytes))
  const path = join(folder, name)
  await promisify(execFile)(sevenZipPath(), ["a", "-mx=0", "-bso0", "-bsp0", ...options, path, "."], { cwd: content })
  return path
}

const files = async (folder: string): Promise<World> => {
  const zip = await archiveWithPicture(folder, "Dragon.zip", 30_000)
  const cut = await archiveWithPicture(folder, "Cut.zip", 2.4 * MEBIBYTE)
  const volumes = await archiveWithPicture(folder, "Castle.7z", 80_000, "-v50k")
  const locked = await archiveWithPicture(folder, "Locked.7z", 10_000, "-psecret")
  const rar = (part: number) => join(corpus, `test_read_format_rar5_multiarchive.part0${part}.rar`)
  return {
    accounts: [
      { phone: alice, firstName: "Alice", code: "12345" },
      { phone: bob, firstName: "Bob", code: "12345" },
    ],
    channels: [
      {
        name: "source",
        title: "Source",
        kind: "channel",
        members: [alice],
        messages: [
          ...[zip, cut, `${volumes}.001`, `${volumes}.002`, `${volumes}.003`, locked].map((file) => ({ file })),
          ...[1, 2, 3, 4, 5, 6, 7, 8].map((part) => ({ file: rar(part) })),
        ],
      },
      { name: LIBRARY, title: "Library", kind: "channel", members: [alice, bob], admins: [alice, bob] },
    ],
  }
}

describe("a picture that the web app wants out of a package", () => {
  it("comes from the destination's copy, whatever its format, while a long upload goes on", async () => {
    await using worker = await RunningWorker.prepare(files)
    await using app = new WebApp(worker.databaseUrl)
    worker.start({ MAX_PART_SIZE_MB: "1" })
    await worker.untilSettled(5)
    await worker.stop()
    const packages = new Map(
      (await worker.query(`select "fileName", "id" from packages`)).map(({ fileName, id }) => [fileName, String(id)]),
    )
    const packageOf = (name: string): string => packages.get(name) ?? ""
    // Nobody hears of this one: no worker is there.
    const missed = await app.extract(packageOf("Dragon.zip"), "pictures/front.png", false)
    await worker.post("/messages", {
      channel: "source",
      file: await makeArchive(worker.folder, "Long.zip", 24 * MEBIBYTE),
    })
    worker.start({ MAX_PART_SIZE_MB: "50", STASH_MAX_UPLOAD_MBIT: "1" })
    await worker.until("an upload", "select 1 as ok from stash_publication_parts")
    const extracted = async (name: string, path: string) => {
      const id = await app.extract(packageOf(name), path)
      return app.ended(() => app.extractRequest(id))
    }
    const found = { status: "COMPLETED", error: null, contentType: "image/png", image: picture }
    expect(await app.ended(() => app.extractRequest(missed))).toEqual(found)
    expect(await extracted("Dragon.zip", "pictures/front.png")).toEqual(found)
    expect(await extracted("Cut.zip", "pictures/front.png")).toEqual(found)
    expect(await extracted("Castle.7z", "pictures/front.png")).toEqual(found)
    const entry = "home/antek/temp/build/unrar5/libarchive/bin/bsdcat_test"
    const program = await extracted("test_read_format_rar5_multiarchive.part01.rar", entry)
    expect(program).toMatchObject({ status: "COMPLETED", contentType: "application/octet-stream" })
    expect(program.image).toHaveLength(144_608)

    for (const [name, path, why] of [
      ["Dragon.zip", "../../../../etc/passwd", "is not in the archive"],
      ["Dragon.zip", "pictures", "is not in the archive"],
      ["Locked.7z", "pictures/front.png", "needs a password"],
    ] as const)
      expect(await extracted(name, path)).toMatchObject({
        status: "FAILED",
        image: null,
        error: expect.stringContaining(why),
      })
    await worker.query(`update packages set "destMessageId" = null where "fileName" = 'Castle.7z'`)
    await worker.query(`delete from archive_extract_requests`)
    expect(await extracted("Castle.7z", "pictures/front.png")).toMatchObject({
      status: "FAILED",
      error: expect.stringContaining("no messages in a destination"),
    })
    expect(await worker.query("select 1 as open from stash_publications")).toHaveLength(1)
    expect(await worker.query("select 1 as open from stash_app_requests")).toEqual([])
    await worker.kill()
  }, 240_000)
})
