import type { Page } from "playwright-core"
import { describe, expect, it } from "vitest"
import type { Status } from "../src/cli/status-look.ts"
import { makeArchive } from "./archive-files.ts"
import { installedChromium, startBrowser } from "./browser.ts"
import { oneSource } from "./one-source.ts"
import { RunningWorker } from "./running-worker.ts"
import { until } from "./until.ts"

const phone = "15550001001"
const NAME = "Dragon.zip"
const MEBIBYTE = 1024 * 1024
/** Uploads from 16 MiB on keep to a limit. */
const BYTES = 17 * MEBIBYTE
/** Bytes a second that the worker is told to keep to. */
const MBIT = 16
const LIMIT = MBIT * 125_000
/** What MTProto adds to the bytes of a file, at most. */
const OVERHEAD = 1.03

const chromium = installedChromium()
if (chromium === undefined)
  console.warn("There is no Chromium on this machine: nobody compares what the console shows with Telegram's counters.")

/** The ways of a set's bytes, and by which calls and bytes Telegram counts them. */
const ways = [
  { stage: "downloading", methods: ["upload.getFile"], counted: "bytesOut", lag: 0 },
  // Of what has gone TDLib tells of the last parts only with the next ones: of two, as a rule.
  {
    stage: "uploading",
    methods: ["upload.saveBigFilePart", "upload.saveFilePart"],
    counted: "bytesIn",
    lag: MEBIBYTE / 2,
  },
] as const
type Way = (typeof ways)[number]

/** So often a transfer is let go on a little, and looked at again. */
const STOPS = 4
/** From which call on it stands still. */
const FIRST_STOP = 5

const units: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 }
const bytesOf = (number = "", unit = ""): number => Number(number) * (units[unit] ?? Number.NaN)

/** What the page shows of the set's way, at one moment; undefined: nothing, or another stage. */
const shownOn = async (page: Page, stage: string) => {
  const shown = (await page.evaluate(`(() => {
    const bar = document.querySelector('progress[aria-label="${stage} ${NAME}"]')
    return bar === null ? null : { text: bar.parentElement.textContent, done: bar.value, total: bar.max }
  })()`)) as { readonly text: string; readonly done: number; readonly total: number } | null
  if (shown === null) return undefined
  const words =
    /([\d.]+) (\w+) of ([\d.]+) (\w+)(?:, ([\d.]+) (\w+)\/s, (?:(\d+) h )?(?:(\d+) min )?(?:(\d+) s )?left)?$/
  const [, done, doneUnit, total, totalUnit, rate, rateUnit] = words.exec(shown.text) ?? []
  return {
    ...shown,
    doneInWords: bytesOf(done, doneUnit),
    totalInWords: bytesOf(total, totalUnit),
    rate: rate === undefined ? undefined : bytesOf(rate, rateUnit),
  }
}

describe.skipIf(chromium === undefined)("what is shown of transfers", () => {
  it("is what Telegram has counted, on the page and by stash status, step by step of a download and an upload", async () => {
    await using worker = await RunningWorker.prepare(async (folder) =>
      oneSource(phone, [{ file: await makeArchive(folder, NAME, BYTES) }]),
    )
    const { faults } = worker.sandbox
    const countedOf = ({ counted, methods }: Way) =>
      methods.reduce((sum, method) => sum + (worker.sandbox.counters().accounts[phone]?.[method]?.[counted] ?? 0), 0)
    const stops = new Map(
      ways.map(({ methods, stage }) => [
        stage,
        methods.map((method) => faults.add({ method, nth: FIRST_STOP, times: "always", effect: { hold: "before" } })),
      ]),
    )
    worker.start({
      STASH_CONSOLE_PORT: "0",
      STASH_MAX_DOWNLOAD_MBIT: String(MBIT),
      STASH_MAX_UPLOAD_MBIT: String(MBIT),
    })
    const browser = await startBrowser(chromium ?? "")
    try {
      const page = await browser.newPage()
      await page.goto(await worker.consoleUrl())
      for (const way of ways) {
        const { stage } = way
        const rules = stops.get(stage) ?? []
        const rates: Array<number> = []
        /** Whether all is shown in the end that has moved; what has not moved is never shown. */
        const agrees = (what: string, floor: number, look: () => Promise<number | undefined>) =>
          until(60_000, async () => {
            const done = await look()
            expect(done ?? 0, `${what}, ${stage}`).toBeLessThanOrEqual(countedOf(way))
            return done !== undefined && done * OVERHEAD + way.lag >= floor
          })
        for (let stop = 1; stop <= STOPS; stop++) {
          expect(await until(60_000, () => rules.some(({ id }) => (faults.get(id)?.held ?? 0) > 0))).toBe(true)
          const floor = countedOf(way)
          const isShown = await agrees("the page", floor, async () => {
            const shown = await shownOn(page, stage)
            if (shown === undefined) return undefined
            expect(shown.total).toBeGreaterThanOrEqual(BYTES)
            // Words have one digit after the point.
            expect(shown.doneInWords).toBeCloseTo(shown.done, -5)
            expect(shown.totalInWords).toBeCloseTo(shown.total, -5)
            if (shown.rate !== undefined) rates.push(shown.rate)
            return shown.done
          })
          expect(isShown, `${stage}, stop ${stop}: the page shows less than ${floor} bytes`).toBe(true)
          const isTold = await agrees("stash status", floor, async () => {
            const { accounts }: Status = await worker.stash("status")
            const run = accounts[0]?.run
            if (run?.step !== stage) return undefined
            expect(run.file).toBe(NAME)
            expect(run.totalBytes).toBe((await shownOn(page, stage))?.total)
            return run.doneBytes ?? undefined
          })
          expect(isTold, `${stage}, stop ${stop}: stash status tells of less than ${floor} bytes`).toBe(true)
          for (const { id } of rules) faults.release(id)
          expect(await until(60_000, () => countedOf(way) > floor)).toBe(true)
        }
        for (const { id } of rules) faults.remove(id)
        // It moves, and in the order of magnitude of what it may: a step may be as short as a quarter of a second.
        expect(Math.max(...rates)).toBeGreaterThan(0)
        expect(Math.max(...rates)).toBeLessThan(10 * LIMIT)
      }
      await page.locator("#packages li", { hasText: NAME }).waitFor({ timeout: 60_000 })
    } finally {
      await browser.close()
    }
    expect(await worker.stop()).toBe(0)
  }, 300_000)
})
