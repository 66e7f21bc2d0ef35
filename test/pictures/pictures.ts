/** `npm run pictures`: takes the pictures of README.md anew, of a worker on the sandbox with accounts and archives made up. */
import { spawn } from "node:child_process"
import { closeSync, openSync } from "node:fs"
import { mkdtemp, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import type { Browser, BrowserContextOptions, Page } from "playwright-core"
import { type Sandbox, startSandbox, type World } from "../../src/sandbox/sandbox.ts"
import { makeArchive } from "../archive-files.ts"
import { installedChromium, startBrowser } from "../browser.ts"
import { consoleUrl } from "../console-client.ts"
import { until } from "../until.ts"

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url))
const target = fileURLToPath(new URL("../../docs", import.meta.url))
const archives = new URL("../../src/demo/archives/", import.meta.url)
const archive = (name: string): string => fileURLToPath(new URL(name, archives))

const MEBIBYTE = 1024 * 1024
const LIMIT_MILLISECONDS = 120_000
/** So long transfers go on before they are shown: a chart has a step every ten seconds. */
const COURSE_MILLISECONDS = 40_000
const ANA = "15550001001"
const BEN = "15550001002"

const world: World = {
  accounts: [
    { phone: ANA, firstName: "Ana", premium: true, code: "12345" },
    { phone: BEN, firstName: "Ben", premium: false, code: "12345" },
  ],
  channels: [
    {
      name: "workshop",
      title: "Dragon Workshop",
      kind: "channel",
      members: [ANA, BEN],
      messages: [
        { photo: archive("forest-dragon.png"), caption: "Forest Dragon" },
        { file: archive("ordertest.zip"), name: "Forest Dragon.zip", caption: "Forest Dragon, pre-supported" },
        { file: archive("test_read_format_7zip_bcj2_lzma1_1.7z"), name: "Goblin Market.7z" },
        { file: archive("COMPRESS-542-endheadercorrupted.7z"), name: "Broken Golem.7z" },
      ],
    },
    {
      name: "terrain",
      title: "Terrain Club",
      kind: "supergroup",
      members: [BEN],
      messages: [
        { file: archive("split_zip_created_by_zip.z01"), name: "Dwarven Halls.z01", caption: "Dwarven Halls" },
        { file: archive("split_zip_created_by_zip.z02"), name: "Dwarven Halls.z02" },
        { file: archive("split_zip_created_by_zip.zip"), name: "Dwarven Halls.zip" },
        { file: archive("ordertest.zip"), name: "forest_dragon (1).zip", caption: "the same, under another name" },
      ],
    },
  ],
}

type Answer = Readonly<Record<string, unknown>> & ReadonlyArray<Readonly<Record<string, unknown>>>

const askerOf = (url: string) => ({
  get: async (path: string): Promise<Answer> => (await fetch(new URL(path, url))).json() as Promise<Answer>,
  post: async (path: string, body: unknown): Promise<Answer> => {
    const headers = { "content-type": "application/json", "x-stash-console": "1" }
    const response = await fetch(new URL(path, url), { method: "POST", headers, body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as Answer
  },
})

const must = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
  if (!(await until(LIMIT_MILLISECONDS, isSo, 500))) throw new Error(`${what}: not in time`)
}

/** Sets everything up as a person does in the console: accounts, destination, sources. */
const setUp = async (url: string): Promise<void> => {
  const { get, post } = askerOf(url)
  const ids = new Map<string, unknown>()
  for (const [phone, name] of [
    [ANA, "Ana"],
    [BEN, "Ben"],
  ] as const)
    ids.set(name, (await post("/api/accounts", { phone, name }))["id"])
  await must("two logins", async () => (await get("/api/overview"))["loggedIn"] === 2)
  await must("a destination", () =>
    post(`/api/accounts/${ids.get("Ana")}/destination`, { create: "Our library" }).then(
      () => true,
      () => false,
    ),
  )
  const chats = await get(`/api/accounts/${ids.get("Ben")}/chats`)
  const chatId = (title: string) => chats.find((chat) => chat["title"] === title)?.["chatId"]
  await post(`/api/accounts/${ids.get("Ana")}/sources`, { chatId: chatId("Dragon Workshop") })
  await post(`/api/accounts/${ids.get("Ben")}/sources`, { chatId: chatId("Terrain Club") })
  await must("three packages", async () => (await get("/api/overview"))["packages"] === 3)
}

/** Has large archives posted, one for each account. */
const postLarge = async (sandbox: Sandbox, folder: string): Promise<void> => {
  for (const [channel, name, mebibytes] of [
    ["workshop", "Kraken.zip", 72],
    ["terrain", "Elven Bridge.zip", 18],
  ] as const) {
    const file = await makeArchive(folder, name, mebibytes * MEBIBYTE)
    const answer = await fetch(new URL("/messages", sandbox.controlUrl), {
      method: "POST",
      body: JSON.stringify({ channel, file }),
    })
    if (!answer.ok) throw new Error(await answer.text())
  }
}

const desktop = { viewport: { width: 1000, height: 720 } } as const
const phone = { viewport: { width: 390, height: 760 }, isMobile: true } as const

const picture = async (
  browser: Browser,
  url: string,
  name: string,
  options: BrowserContextOptions,
  prepare: (page: Page) => Promise<void>,
): Promise<void> => {
  const context = await browser.newContext({ locale: "en-GB", timezoneId: "UTC", ...options })
  const page = await context.newPage()
  await page.goto(url)
  await prepare(page)
  const path = join(target, `${name}.png`)
  await page.screenshot({ path })
  await context.close()
  console.log(`${path}: ${(await stat(path)).size} bytes`)
}

const moving = async (page: Page): Promise<void> => {
  for (const transfer of [/downloading.+left/, /uploading.+left/])
    await page.locator(".activity", { hasText: transfer }).waitFor({ timeout: LIMIT_MILLISECONDS })
  await page.locator(".chart").nth(1).waitFor({ timeout: LIMIT_MILLISECONDS })
}

const take = async (folder: string, executablePath: string): Promise<void> => {
  await using sandbox = await startSandbox({ world })
  const logFile = join(folder, "worker.log")
  const log = openSync(logFile, "a")
  const worker = spawn(process.execPath, [main, "run"], {
    stdio: ["ignore", log, log],
    env: {
      PATH: process.env["PATH"],
      STASH_DATA_DIR: join(folder, "data"),
      STASH_SANDBOX: sandbox.controlUrl,
      STASH_CONSOLE_PORT: "0",
      STASH_MAX_DOWNLOAD_MBIT: "12",
      STASH_MAX_UPLOAD_MBIT: "4",
    },
  })
  closeSync(log)
  const exited = new Promise((resolve) => worker.once("exit", resolve))
  const browser = await startBrowser(executablePath)
  try {
    const url = await consoleUrl(logFile)
    await picture(browser, url, "first-steps", phone, (page) => page.getByLabel("Phone number").waitFor())
    await setUp(url)
    await postLarge(sandbox, join(folder, "files"))
    await sleep(COURSE_MILLISECONDS)
    await picture(browser, url, "console-light", { ...desktop, colorScheme: "light" }, moving)
    await picture(browser, url, "console-dark", { ...desktop, colorScheme: "dark" }, moving)
    await picture(browser, url, "phone", { ...phone, colorScheme: "dark" }, moving)
  } finally {
    await browser.close()
    worker.kill("SIGTERM")
    await exited
  }
}

const executablePath = installedChromium()
if (executablePath === undefined) throw new Error("There is no Chromium on this machine.")
const folder = await mkdtemp(join(tmpdir(), "stash-pictures-"))
try {
  await take(folder, executablePath)
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
}
