import type { Page } from "playwright-core"
import { describe, expect, it } from "vitest"
import { makeArchive } from "./archive-files.ts"
import { barriers } from "./barriers.ts"
import { installedChromium, startBrowser } from "./browser.ts"
import { health } from "./console-client.ts"
import { oneSource } from "./one-source.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"
import { scannedCode } from "./scanned-code.ts"
import { until } from "./until.ts"

const phone = "15550001001"
const code = "12345"
const password = "geheim-4711"
const KIBIBYTE = 1024

const chromium = installedChromium()
if (chromium === undefined)
  console.warn("There is no Chromium on this machine: the first steps in the console are not tested.")

const forgetEverything = async (worker: RunningWorker): Promise<void> => {
  for (const table of ["account_channel_map", "telegram_channels", "global_settings", "telegram_accounts"])
    await worker.query(`delete from ${table}`)
}

/** What one does and reads there. */
const guideOf = (page: Page) => ({
  step: (text: string) => page.locator("#steps [aria-current=step]", { hasText: text }).waitFor(),
  notice: (text: string | RegExp) => page.locator("#notice", { hasText: text }).waitFor(),
  addAccount: async (number: string) => {
    await page.getByLabel("Phone number").fill(number)
    await page.getByLabel("What you call it").fill("Alice")
    await page.keyboard.press("Enter")
  },
  press: (name: string) => page.getByRole("button", { name, exact: true }).click(),
})

const actionsOf = (worker: RunningWorker) =>
  worker.log.filter(({ event }) => event === "console.action").map(({ action }) => action)

describe.skipIf(chromium === undefined)("the first steps in the console", () => {
  it("lead from nothing to the first archive, by hand and keyboard, and leave no secret behind", async () => {
    await using worker = await RunningWorker.prepare(async (folder) => {
      const dragon = await makeArchive(folder, "Dragon.zip", 300 * KIBIBYTE)
      return {
        accounts: [{ phone, firstName: "Alice", premium: false, code, password, passwordHint: "German" }],
        channels: [
          { name: "open", title: "Open", kind: "channel", username: "open_minis", messages: [{ file: dragon }] },
          { name: LIBRARY, title: "Unused", kind: "channel", messages: [] },
        ],
      }
    })
    await forgetEverything(worker)
    worker.start({ STASH_CONSOLE_PORT: "0", STASH_SANDBOX_CODES: "asked" })
    const url = await worker.consoleUrl()
    const browser = await startBrowser(chromium ?? "")
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
      page.setDefaultTimeout(60_000)
      await page.goto(url)
      const { addAccount, notice, step } = guideOf(page)

      await step("Add an account")
      await addAccount("call me")
      await notice("that is no phone number")
      await addAccount("+1 555 000-1001")
      await notice("is an account now")

      await step("Log it in")
      await page.getByLabel("Login code").fill("00000")
      await page.keyboard.press("Enter")
      await page.locator(".login", { hasText: "the code was wrong" }).waitFor()
      await page.getByLabel("Login code").fill(code)
      await page.keyboard.press("Enter")
      await page.getByLabel("Two-step verification password, hint: German").fill(password)
      await page.keyboard.press("Enter")

      await step("Choose the destination")
      await page.getByLabel("Title of a new group").fill("My library")
      await page.keyboard.press("Enter")
      await notice("Everything is published in My library")
      await step("Choose the sources")
      await page.getByLabel("Name or invite link").fill("@nobody_there")
      await page.keyboard.press("Enter")
      await notice("That was not done")
      await page.getByLabel("Name or invite link").fill("@open_minis")
      await page.keyboard.press("Enter")
      await notice("Alice reads Open now")
      await page.locator("#packages li", { hasText: "Dragon.zip" }).waitFor()
      await page.locator("#guide").waitFor({ state: "hidden" })
    } finally {
      await browser.close()
    }
    expect(actionsOf(worker)).toEqual([
      "add an account",
      ...Array.from({ length: 3 }, () => "answer a login"),
      "choose the destination",
      "read a source",
    ])
    expect(await worker.stop()).toBe(0)
    const written = await worker.writtenBeside("tdlib")
    for (const secret of [password, phone]) expect(written).not.toContain(secret)
  }, 300_000)

  it("begin with an API id: the page says how to get one, and goes on by itself when the worker has it", async () => {
    await using worker = await RunningWorker.prepare(async () => ({
      accounts: [{ phone, firstName: "Alice", premium: false, code }],
      channels: [{ name: LIBRARY, title: "Library", kind: "channel", messages: [] }],
    }))
    await forgetEverything(worker)
    worker.start({ STASH_SANDBOX: "", STASH_CONSOLE_PORT: "0", TELEGRAM_API_ID: "1" })
    const url = await worker.consoleUrl()
    const browser = await startBrowser(chromium ?? "")
    try {
      const page = await browser.newPage({ viewport: { width: 375, height: 740 } })
      page.setDefaultTimeout(60_000)
      await page.goto(url)
      const { step } = guideOf(page)
      await step("Get an API id from Telegram")
      const advice = await page.locator("#steps [aria-current=step]").textContent()
      expect(advice).toContain("my.telegram.org")
      expect(advice).toContain("set TELEGRAM_API_HASH where")
      expect(await page.getByRole("heading", { name: "Accounts" }).isVisible()).toBe(false)
      expect(await barriers(page)).toEqual([])
      expect((await health(url, "live")).code).toBe(200)
      expect(await health(url, "ready")).toMatchObject({
        code: 503,
        reasons: [expect.stringContaining("TELEGRAM_API_HASH is not set")],
      })
      expect((await fetch(new URL("/api/status", url))).status).toBe(404)
      expect(await worker.stop()).toBe(0)
      worker.start({ STASH_CONSOLE_PORT: new URL(url).port })
      await step("Add an account")
      await page.getByRole("heading", { name: "Accounts" }).waitFor()
      expect(await worker.stop()).toBe(0)
    } finally {
      await browser.close()
    }
    worker.start({ STASH_SANDBOX: "", STASH_CONSOLE_PORT: "off", TELEGRAM_API_ID: "1" })
    expect(await worker.ended()).toBe(1)
  }, 180_000)

  it("may be a scan of the phone, and two chats out of the account's list", async () => {
    await using worker = await RunningWorker.prepare(async (folder) => {
      const dragon = await makeArchive(folder, "Dragon.zip", 300 * KIBIBYTE)
      return oneSource(phone, [{ file: dragon }])
    })
    await forgetEverything(worker)
    worker.start({ STASH_CONSOLE_PORT: "0", STASH_SANDBOX_CODES: "asked" })
    const url = await worker.consoleUrl()
    const browser = await startBrowser(chromium ?? "")
    try {
      const page = await browser.newPage({ viewport: { width: 375, height: 740 } })
      page.setDefaultTimeout(60_000)
      await page.goto(url)
      const { addAccount, notice, press, step } = guideOf(page)
      await addAccount("+1 555 000-1001")
      await notice("is an account now")
      await step("Log it in")
      await page.getByLabel("Login code").waitFor()
      await press("Log in by QR code: Alice")
      const shown = page.getByRole("img", { name: "QR code for Telegram on your phone" })
      await shown.waitFor()
      /** A code may have been followed by another one when it is shown to Telegram. */
      const scan = async () => {
        const token = await scannedCode(browser, shown)
        if (token === undefined) return false
        return worker.post(`/accounts/${phone}/accept-login`, { token }).then(
          () => true,
          () => false,
        )
      }
      expect(await until(60_000, scan)).toBe(true)

      await step("Choose the destination")
      await press("List its chats: those of the account")
      await press("Publish here: Library")
      await notice("Everything is published in Library")
      await step("Choose the sources")
      await press("Read: Source")
      await notice("Alice reads Source now")
      await page.locator("#packages li", { hasText: "Dragon.zip" }).waitFor()
      await page.locator("#guide").waitFor({ state: "hidden" })
      expect(await shown.isVisible()).toBe(false)
    } finally {
      await browser.close()
    }
    expect(actionsOf(worker)).toEqual(["add an account", "log in", "choose the destination", "read a source"])
    expect(await worker.stop()).toBe(0)
    const written = await worker.writtenBeside("tdlib")
    expect(written).not.toContain("tg://login")
    expect(written).not.toContain(phone)
  }, 300_000)
})
