import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import type { Page } from "playwright-core"
import { describe, expect, it } from "vitest"
import { makeArchive } from "./archive-files.ts"
import { installedChromium, startBrowser } from "./browser.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"
import { until } from "./until.ts"

const phone = "15550001001"
const TOKEN = "0123456789abcdef"
const HOSTILE = `<img src=x onerror="document.title='owned'">.zip`
const MEBIBYTE = 1024 * 1024

const chromium = installedChromium()
if (chromium === undefined)
  console.warn("There is no Chromium on this machine: the console's page is not tested in it.")

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: ReadonlyArray<{ readonly html: string }>
}

/** What keeps people from using the page: by axe's rules, the serious ones. */
const barriers = async (page: Page): Promise<ReadonlyArray<string>> => {
  const { violations } = (await page.evaluate(`(() => { ${axe}; return axe.run() })()`)) as {
    readonly violations: ReadonlyArray<Violation>
  }
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(", ")}`)
}

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
          title: "Source",
          kind: "channel",
          members: [phone],
          messages: [{ file: await makeArchive(folder, "Dragon.zip", 6 * MEBIBYTE), name: HOSTILE }],
        },
        { name: LIBRARY, title: "Library", kind: "channel", members: [phone], admins: [phone], messages: [] },
      ],
    }))
    worker.start({ STASH_CONSOLE_PORT: "0", STASH_CONSOLE_TOKEN: TOKEN, STASH_MAX_DOWNLOAD_MBIT: "10" })
    const url = await worker.consoleUrl()
    const browser = await startBrowser(chromium ?? "")
    try {
      const page = await browser.newPage({ viewport: { width: 375, height: 740 } })
      const strangers: Array<string> = []
      const complaints: Array<string> = []
      page.on("request", (request) => {
        if (!request.url().startsWith(url)) strangers.push(request.url())
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
      expect(await page.title()).toBe("Dragon's Stash")
      expect(await page.locator("img").count()).toBe(0)

      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme })
        expect(await barriers(page)).toEqual([])
      }
      for (const width of [320, 375, 1280]) {
        await page.setViewportSize({ width, height: 740 })
        expect(await page.evaluate("document.documentElement.scrollWidth"), `${width}`).toBeLessThanOrEqual(width)
      }
      expect(strangers).toEqual([])
      expect(complaints).toEqual([])
    } finally {
      await browser.close()
    }
    expect(await worker.stop()).toBe(0)
  }, 240_000)
})
