import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { killDemoAfter, readDemoLog, runDemo, startDemo, withDemoFolder } from "./demo-process.ts"
import { isLoopback, watchNetwork } from "./network-trace.ts"
import { processesOf } from "./process-group.ts"
import { readPackages } from "./read-packages.ts"

const MINUTES = 60_000

describe("the demo", () => {
  it(
    "brings every content into the destination exactly once, over loopback only",
    () =>
      withDemoFolder(async (folder) => {
        const watch = watchNetwork(join(folder, "calls"))
        const { exitCode, output, result } = await runDemo(folder, watch)
        expect(result.problems, output).toEqual([])
        expect(exitCode).toBe(0)
        expect(result.destination).toMatchObject({ messages: 25 })
        expect(result.destination.contents).toHaveLength(11)
        expect(new Set(result.destination.contents.map(({ contentHash }) => contentHash)).size).toBe(11)
        expect(result.sets).toMatchObject({ seen: 14, published: 11, duplicate: 1 })
        expect(result.sets.skipped).toMatchObject([{ name: "Broken Golem.7z" }])
        expect(result.sets.waiting).toMatchObject([{ name: "Lost Volumes.part1.rar" }])
        expect(result.packages).toBe(11)
        expect(result.accounts.map(({ premium }) => premium).sort()).toEqual([false, true])

        const addresses = [...(await watch.addresses())]
        expect(addresses).toContain("127.0.0.1")
        expect(addresses.filter((address) => !isLoopback(address))).toEqual([])

        const packages = await readPackages(folder)
        expect(packages).toHaveLength(11)
        expect(packages).toContainEqual({
          fileName: "Dwarven Halls.zip",
          archiveType: "ZIP",
          creator: "Dragon Workshop",
          tags: ["Miniatures"],
          fileCount: 243,
          listed: 243,
          destMessages: 3,
          preview: false,
        })
        expect(packages).toContainEqual(
          expect.objectContaining({
            fileName: "Castle Diorama.stl",
            archiveType: "DOCUMENT",
            listed: 1,
            preview: true,
          }),
        )
        expect(packages).toContainEqual(expect.objectContaining({ archiveType: "RAR", listed: 2, destMessages: 8 }))
        expect(packages.filter(({ fileCount }) => fileCount === 0)).toEqual([])
      }),
    4 * MINUTES,
  )

  it(
    "logs nothing worse than information, no whole phone number and no login code",
    () =>
      withDemoFolder(async (folder) => {
        const { output } = await runDemo(folder)
        const log = await readDemoLog(folder)
        const bad = log.filter((line) => !["info", "debug"].includes(String(line["level"])))
        expect(bad).toEqual([])
        const text = JSON.stringify(log) + output
        expect(text).not.toContain("15550001001")
        expect(text).not.toContain("15550002002")
        expect(text).not.toMatch(/"code":"12345"/)
      }),
    4 * MINUTES,
  )

  it.each([
    ["while sets are claimed and downloaded", "source.scanned", 2],
    ["after the first part was sent", "part.sent", 1],
    ["in the middle of a set of several parts", "part.sent", 8],
    ["between a stub and its metadata", "package.enriched", 3],
  ])(
    "ends right after all its processes were killed %s",
    (_, event, times) =>
      withDemoFolder(async (folder) => {
        await killDemoAfter(folder, event, times)
        const { exitCode, output, result } = await runDemo(folder)
        expect(result.problems, output).toEqual([])
        expect(exitCode).toBe(0)
        expect(result.destination.messages).toBe(25)
        expect(output).toContain("Continuing the interrupted demo")
      }),
    4 * MINUTES,
  )

  it(
    "leaves no process behind when its supervisor alone is killed, and goes on afterwards",
    () =>
      withDemoFolder(async (folder) => {
        const group = await killDemoAfter(folder, "part.sent", 3, "supervisor")
        await expect.poll(() => processesOf(group, folder), { timeout: 60_000, interval: 100 }).toEqual([])
        const { output, result } = await runDemo(folder)
        expect(result.problems, output).toEqual([])
      }),
    4 * MINUTES,
  )

  it(
    "stops cleanly on SIGTERM, leaving no process behind",
    () =>
      withDemoFolder(async (folder) => {
        const demo = startDemo(folder)
        const exit = new Promise((resolve) => demo.on("exit", (code, signal) => resolve({ code, signal })))
        const isIngesting = async () => (await readDemoLog(folder)).some((line) => line["event"] === "part.sent")
        await expect.poll(isIngesting, { timeout: 60_000, interval: 20 }).toBe(true)
        demo.kill("SIGTERM")
        expect(await exit).toEqual({ code: 130, signal: null })
        await expect.poll(() => processesOf(demo.pid ?? 0, folder), { timeout: 5_000 }).toEqual([])
        const closed = (await readDemoLog(folder)).filter((line) => JSON.stringify(line).includes("Closed"))
        expect(closed).toHaveLength(2)
        const { output, result } = await runDemo(folder)
        expect(result.problems, output).toEqual([])
      }),
    4 * MINUTES,
  )
})
