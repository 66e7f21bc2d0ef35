import { execFile } from "node:child_process"
import { randomBytes } from "node:crypto"
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import { sevenZipPath } from "../src/cpu/seven-zip.ts"
import { makeArchive } from "./archive-files.ts"
import { barriers } from "./barriers.ts"
import { installedChromium, startBrowser } from "./browser.ts"
import { oneSource } from "./one-source.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"
import { until } from "./until.ts"

const phone = "15550001001"
const TOKEN = "0123456789abcdef"
const HOSTILE = `<img src=x onerror="document.title='owned'">.zip`
const HOSTILE_TITLE = `<b onmouseover="document.title='owned'">Source</b>`
const TOO_LARGE = `<svg onload="document.title='owned'">.zip`
const HOSTILE_ENTRY = `<img src=x onerror="document.title='owned'">.stl`
const MEBIBYTE = 1024 * 1024
/** The smallest picture: one dot. */
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
  "base64",
)

/** An archive with a picture of what is inside, and an entry whose name would be a script elsewhere. */
const archiveWithPreview = async (folder: string): Promise<string> => {
  await mkdir(folder, { recursive: true })
  const files = { [HOSTILE_ENTRY]: randomBytes(6 * MEBIBYTE), "preview.png": PNG }
  const paths = Object.keys(files).map((name) => join(folder, name))
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes)
  const archive = join(folder, "Dragon.zip")
  await promisify(execFile)(sevenZipPath(), ["a", "-mx=0", "-bso0", "-bsp0", archive, ...paths])
  return archive
}

const chromium = installedChromium()
if (chromium === undefined)
  console.warn("There is no Chromium on this machine: the console's page is not tested in it.")

/** What makes the page wider than the screen. */
const TOO_WIDE = `[...document.querySelectorAll("*")]
  .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map((one) => one.outerHTML.slice(0, 200))`

/** Where screenshots are kept, for people to look at. */
const pictures = process.env["STASH_TEST_PICTURES"]

describe.skipIf(chromium === undefined)("the console's page", () => {
  it("shows live what the worker does, with names from strangers as text, on any screen and to everybody", async () => {
    await using worker = await RunningWorker.prepare(async (folder) => ({
      accounts: [
        { phone, firstName: "Alice", premium: true, code: "12345" },
        { phone: "15550001002", firstName: HOSTILE, code: "12345", banned: true },
      ],
      channels: [
        {
          name: "source",
          title: HOSTILE_TITLE,
          kind: "channel",
          members: [phone],
          messages: [
            { file: await archiveWithPreview(folder), name: HOSTILE },
            { file: await makeArchive(folder, "Whale.zip", 9 * MEBIBYTE), name: TOO_LARGE },
          ],
        },
        { name: LIBRARY, title: "Library", kind: "channel", members: [phone], admins: [phone], messages: [] },
      ],
    }))
    worker.start({
      STASH_CONSOLE_PORT: "0",
      STASH_CONSOLE_TOKEN: TOKEN,
      STASH_MAX_DOWNLOAD_MBIT: "10",
      WORKER_MAX_ZIP_SIZE_MB: "8",
    })
    const url = await worker.consoleUrl()
    const browser = await startBrowser(chromium ?? "")
    try {
      const page = await browser.newPage({ viewport: { width: 375, height: 740 } })
      const strangers: Array<string> = []
      const complaints: Array<string> = []
      page.on("request", (request) => {
        if (
          !request
            .url()
            .replace(/^blob:/, "")
            .startsWith(url)
        )
          strangers.push(request.url())
      })
      page.on("pageerror", (error) => complaints.push(error.message))
      page.on("console", (message) => {
        if (message.type() === "error" && !message.text().includes("401")) complaints.push(message.text())
      })
      await page.goto(url)
      await page.getByLabel("Token of the console").fill(TOKEN)
      await page.getByRole("button", { name: "Show" }).click()
      const bar = page.getByRole("progressbar", { name: `downloading ${HOSTILE}` })
      await bar.waitFor({ timeout: 60_000 })
      const done = async () => {
        const values = await bar.evaluateAll((bars) => bars.map((element) => Number(element.getAttribute("value"))))
        return values[0]
      }
      const first = (await done()) ?? 0
      // It is gone when the download is over before the next look.
      expect(await until(60_000, async () => ((await done()) ?? Number.POSITIVE_INFINITY) > first)).toBe(true)
      await page.locator("#departures li", { hasText: "published" }).waitFor({ timeout: 60_000 })
      await page.locator("#packages li", { hasText: HOSTILE }).waitFor({ timeout: 60_000 })
      const parked = page.locator("article", { hasText: "parked" })
      await parked.waitFor({ timeout: 60_000 })
      expect(await parked.textContent()).toContain("banned")

      const contents = page.getByText("Contents")
      await contents.focus()
      await page.keyboard.press("Enter")
      await page.locator(".contents li", { hasText: HOSTILE_ENTRY }).waitFor({ timeout: 60_000 })
      const picture = page.getByAltText(`Preview of ${HOSTILE}`)
      await picture.waitFor({ timeout: 60_000 })
      expect(await picture.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth)).toBe(1)

      await page.getByRole("button", { name: `Retry: ${TOO_LARGE}` }).click()
      await page.locator("#notice", { hasText: "is tried again now" }).waitFor({ timeout: 60_000 })
      await page.getByRole("button", { name: "Pause: Alice" }).click()
      await page.locator("article", { hasText: "paused" }).waitFor({ timeout: 60_000 })
      await page.getByRole("button", { name: "Resume: Alice" }).click()
      await page.locator("article", { hasText: "idle" }).waitFor({ timeout: 60_000 })
      await page.locator("#channels li", { hasText: HOSTILE_TITLE }).waitFor({ timeout: 60_000 })
      await page.locator("#events li", { hasText: HOSTILE }).first().waitFor({ timeout: 60_000 })
      await page.getByRole("img", { name: "Throughput of Alice" }).waitFor({ timeout: 60_000 })
      expect(await page.title()).toBe("Dragon's Stash")
      // The preview is the only one: no name has become a picture.
      expect(await page.locator("img").count()).toBe(1)
      expect(await page.locator("b, svg[onload]").count()).toBe(0)

      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme })
        expect(await barriers(page)).toEqual([])
      }
      for (const width of [320, 375, 1280]) {
        await page.setViewportSize({ width, height: 740 })
        expect(await page.evaluate(TOO_WIDE), `${width}`).toEqual([])
        if (pictures !== undefined)
          await page.screenshot({ path: join(pictures, `console-${width}.png`), fullPage: true })
      }
      expect(strangers).toEqual([])
      expect(complaints).toEqual([])
    } finally {
      await browser.close()
    }
    expect(await worker.stop()).toBe(0)
  }, 240_000)

  it("has a button for everything that an account and a source can be told", async () => {
    await using worker = await RunningWorker.prepare(async (folder) =>
      oneSource(phone, [{ file: await makeArchive(folder, "Dragon.zip", 300_000) }]),
    )
    // The cycle does not come to its end by itself.
    const { id } = worker.sandbox.faults.add({
      method: "upload.getFile",
      times: "always",
      effect: { hold: "before" },
    })
    worker.start({ STASH_CONSOLE_PORT: "0" })
    const url = await worker.consoleUrl()
    const browser = await startBrowser(chromium ?? "")
    try {
      const page = await browser.newPage()
      page.setDefaultTimeout(60_000)
      await page.goto(url)
      const press = (name: string) => page.getByRole("button", { name, exact: true }).click()
      const state = (text: string) => page.locator("article h3", { hasText: text }).waitFor()
      const notice = (text: string) => page.locator("#notice", { hasText: text }).waitFor()

      await page.locator("article .activity", { hasText: "downloading Dragon.zip" }).waitFor()
      await press("Cancel cycle: Alice")
      await notice("ends the cycle now")
      await state("idle")
      worker.sandbox.faults.remove(id)
      await press("Run now: Alice")
      await page.locator("#packages li", { hasText: "Dragon.zip" }).waitFor()
      await state("idle")
      await press("Restart: Alice")
      await page.locator("article", { hasText: /Last restart .+: the operator had it restarted/ }).waitFor()
      await state("idle")
      await press("Pause: Alice")
      await state("paused")
      await press("Resume: Alice")
      await state("idle")
      await press("Disable: Alice")
      await state("disabled")
      expect(await page.getByRole("button", { name: /: Alice$/ }).allTextContents()).toContain("Enable")
      expect(await page.getByRole("button", { name: "Run now: Alice" }).isVisible()).toBe(false)
      // The page of a worker that has not run the account since its start shows it too.
      expect(await worker.stop()).toBe(0)
      worker.start({ STASH_CONSOLE_PORT: new URL(url).port })
      const answers = () =>
        fetch(url).then(
          () => true,
          () => false,
        )
      expect(await until(60_000, answers)).toBe(true)
      await page.reload()
      await state("disabled")
      await press("Enable: Alice")
      await state("idle")
      await press("Look through anew: Source")
      await notice("Alice looks through Source anew")
    } finally {
      await browser.close()
    }
    const actions = worker.log.filter(({ event }) => event === "console.action").map(({ action }) => action)
    expect(actions).toEqual(["cancel", "run", "restart", "pause", "resume", "disable", "enable", "rescan"])
    expect(await worker.stop()).toBe(0)
  }, 300_000)
})
