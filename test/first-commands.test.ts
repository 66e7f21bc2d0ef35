import { readFileSync } from "node:fs"
import { expect, it } from "vitest"
import { makeArchive } from "./archive-files.ts"
import { oneSource } from "./one-source.ts"
import { RunningWorker } from "./running-worker.ts"

const phone = "15550001001"
const code = "12345"

/** What follows `npm run stash --` in the guide's lines, in their order. */
const commands = (): ReadonlyArray<ReadonlyArray<string>> => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
  const [, chapter = ""] = readme.split("## From nothing to a running library")
  const guide = chapter.split(/^## /m)[0] ?? ""
  return [...guide.matchAll(/^ +npm run stash -- (.*?)(?: +#.*)?$/gm)].map(([, rest = ""]) => rest.trim().split(/ +/))
}

interface Chats {
  readonly chats: ReadonlyArray<{ readonly chatId: number; readonly title: string }>
}

it("the commands of the guide lead from nothing to the first archive, as they stand in README.md", async () => {
  await using worker = await RunningWorker.prepare(async (folder) =>
    oneSource(phone, [{ file: await makeArchive(folder, "Dragon.zip", 300_000) }]),
  )
  for (const table of ["account_channel_map", "telegram_channels", "global_settings", "telegram_accounts"])
    await worker.query(`delete from ${table}`)
  worker.start({ STASH_SANDBOX_CODES: "asked" })
  const typed: Readonly<Record<string, ReadonlyArray<string>>> = { "account add": [phone], "account login": [code] }
  const done: Array<string> = []
  for (const command of commands()) {
    const name = command.slice(0, 2).join(" ")
    const { chats }: Chats =
      name === "channel link" ? await worker.stash("channel", "chats", "--account", "Alice") : { chats: [] }
    const source = String(chats.find(({ title }) => title === "Source")?.chatId)
    const { code: exit, said } = await worker.typing(
      typed[name] ?? [],
      ...command.map((word) => (word === "CHAT" ? source : word)),
    )
    expect([exit, said], command.join(" ")).toEqual([0, expect.anything()])
    done.push(name)
  }
  expect(done).toEqual([
    "account add",
    "account login",
    "channel chats",
    "channel destination",
    "channel link",
    "status --once",
    "doctor",
  ])
  await worker.untilSettled(1)
  expect(await worker.query(`select "fileName" from packages`)).toMatchObject([{ fileName: "Dragon.zip" }])
  expect(await worker.stop()).toBe(0)
}, 240_000)
