import { describe, expect, it } from "vitest"
import { makeArchive } from "./archive-files.ts"
import { installedChromium, startBrowser } from "./browser.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"

const phone = "15550001001"
const code = "12345"
const password = "geheim-4711"
const KIBIBYTE = 1024

const chromium = installedChromium()
if (chromium === undefined)
  console.warn("There is no Chromium on this machine: the first steps in the console are not tested.")

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
    for (const table of ["account_channel_map", "telegram_channels", "global_settings", "telegram_accounts"])
      await worker.query(`delete from ${table}`)
    worker.start({ STASH_CONSOLE_PORT: "0", STASH_SANDBOX_CODES: "asked" })
    const url = await worker.consoleUrl()
    const browser = await startBrowser(chromium ?? "")
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
      page.setDefaultTimeout(60_000)
      await page.goto(url)
      const step = (text: string) => page.locator("#steps [aria-current=step]", { hasText: text }).waitFor()
      const notice = (text: string | RegExp) => page.locator("#notice", { hasText: text }).waitFor()

      await step("Add an account")
      const add = async (number: string) => {
        await page.getByLabel("Phone number").fill(number)
        await page.getByLabel("What you call it").fill("Alice")
        await page.keyboard.press("Enter")
      }
      await add("call me")
      await notice("that is no phone number")
      await add("+1 555 000-1001")
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
    const actions = worker.log.filter(({ event }) => event === "console.action").map(({ action }) => action)
    expect(actions).toEqual([
      "add an account",
      ...Array.from({ length: 3 }, () => "answer a login"),
      "choose the destination",
      "read a source",
    ])
    expect(await worker.stop()).toBe(0)
    const written = await worker.writtenBeside("tdlib")
    for (const secret of [password, phone]) expect(written).not.toContain(secret)
  }, 300_000)
})
