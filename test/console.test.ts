import { describe, expect, it } from "vitest"
import { makeArchive } from "./archive-files.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"

const phone = "15550001001"
const TOKEN = "0123456789abcdef"
const HOSTILE = `<img src=x onerror="document.title='owned'">.zip`
const MEBIBYTE = 1024 * 1024

interface View {
  readonly accounts: ReadonlyArray<{
    readonly label: string
    readonly state: string
    readonly activities: ReadonlyArray<{ readonly name: string; readonly stage: string; readonly doneBytes: number }>
  }>
  readonly departures: ReadonlyArray<{ readonly name: string; readonly outcome: string }>
}

/** The views that the worker tells of itself, until one of them is wanted. */
const viewsUntil = async (url: string, isWanted: (view: View) => boolean): Promise<ReadonlyArray<View>> => {
  const response = await fetch(new URL("/api/status/events", url))
  expect(response.headers.get("content-type")).toContain("text/event-stream")
  const views: Array<View> = []
  let text = ""
  for await (const bytes of response.body ?? []) {
    text += Buffer.from(bytes).toString()
    const events = text.split("\n\n")
    text = events.pop() ?? ""
    for (const event of events) {
      const data = event.split("\n").find((line) => line.startsWith("data:"))
      if (data === undefined) continue
      const view = JSON.parse(data.slice(5)) as View
      views.push(view)
      if (isWanted(view)) return views
    }
  }
  throw new Error("the worker ended it")
}

const worldWith = async (folder: string) => {
  const dragon = await makeArchive(folder, "Dragon.zip", 8 * MEBIBYTE)
  return {
    accounts: [{ phone, firstName: "Alice", premium: false, code: "12345" }],
    channels: [
      {
        name: "source",
        title: "Source",
        kind: "channel" as const,
        members: [phone],
        messages: [{ file: dragon, name: HOSTILE }],
      },
      { name: LIBRARY, title: "Library", kind: "channel" as const, members: [phone], admins: [phone], messages: [] },
    ],
  }
}

describe("the console of a worker", () => {
  it("shows live what it does, then what it did, and describes itself", async () => {
    await using worker = await RunningWorker.prepare(worldWith)
    worker.start({ STASH_CONSOLE_PORT: "0", STASH_MAX_DOWNLOAD_MBIT: "20" })
    const url = await worker.consoleUrl()
    const get = async (path: string) => (await (await fetch(new URL(path, url))).json()) as Record<string, object>
    const views = await viewsUntil(url, ({ departures }) => departures.length > 0)
    const done = views.flatMap(({ accounts }) =>
      accounts.flatMap(({ activities }) =>
        activities.flatMap(({ doneBytes, stage }) => (stage === "downloading" ? [doneBytes] : [])),
      ),
    )
    expect(done.length).toBeGreaterThan(1)
    expect(done.at(-1)).toBeGreaterThan(done[0] ?? 0)
    expect(views.at(-1)?.departures).toMatchObject([{ name: HOSTILE, outcome: "published" }])

    expect(await get("/api/status")).toMatchObject({ accounts: [{ label: "Alice", phone: "155***01" }] })
    expect(await get("/api/packages")).toMatchObject([{ fileName: HOSTILE, sourceTitle: "Source" }])
    expect(await get("/api/skipped")).toEqual([])
    const { paths = {} } = (await get("/openapi.json")) as { paths?: Record<string, object> }
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(["/api/setup", "/api/status", "/api/status/events", "/api/packages", "/api/channels"]),
    )
    const actions = Object.entries(paths).filter(([, methods]) => "post" in methods)
    expect(actions.map(([path]) => path).toSorted()).toEqual([
      "/api/accounts",
      "/api/accounts/{accountId}/destination",
      "/api/accounts/{accountId}/login",
      "/api/accounts/{accountId}/login/answer",
      "/api/accounts/{accountId}/sources",
      "/api/accounts/{accountId}/turn",
      "/api/channels/{channelId}/rescan",
      "/api/skipped/retry",
    ])
    for (const turn of ["run", "cancel", "pause", "pause_now", "resume", "restart", "disable", "enable"])
      expect(JSON.stringify(paths["/api/accounts/{accountId}/turn"])).toContain(`"${turn}"`)
    expect(JSON.stringify(views)).not.toContain(phone)
    // A page that is still open does not keep the worker from stopping.
    const open = await fetch(new URL("/api/status/events", url))
    expect(await worker.stop()).toBe(0)
    await open.body?.cancel().catch(() => undefined)
  }, 300_000)

  it("serves a page that may do nothing but ask it, and answers with a token only where one is set", async () => {
    await using worker = await RunningWorker.prepare(worldWith)
    worker.start({ STASH_CONSOLE_PORT: "0", STASH_CONSOLE_TOKEN: TOKEN })
    const url = await worker.consoleUrl()
    const page = await fetch(url)
    expect(page.status).toBe(200)
    const policy = page.headers.get("content-security-policy") ?? ""
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).not.toContain("unsafe")
    const html = await page.text()
    // No script, style or handler that the policy would have to allow, and nothing from elsewhere.
    expect(html).not.toMatch(/<style|<script(?![^>]*\ssrc="\/)|\son\w+=|\sstyle=|https?:\/\//)
    const script = await (await fetch(new URL("/console.js", url))).text()
    expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|https?:\/\//)
    expect((await fetch(new URL("/console.css", url))).headers.get("content-type")).toContain("text/css")

    for (const path of [
      "/api/status",
      "/api/status/events",
      "/api/packages",
      "/api/skipped",
      "/metrics",
      "/openapi.json",
    ])
      expect((await fetch(new URL(path, url))).status, path).toBe(401)
    const headers = { authorization: `Bearer ${TOKEN}` }
    expect((await fetch(new URL("/api/status", url), { headers })).status).toBe(200)
    const probe = await (await fetch(new URL("/health/live", url))).json()
    expect(probe).toEqual({ status: "live" })
    expect(await (await fetch(new URL("/health/live", url), { headers })).json()).toEqual({
      status: "live",
      reasons: [],
    })
    expect(await worker.stop()).toBe(0)
  }, 180_000)

  it("is not opened to others without a token, and not at a port that another has", async () => {
    await using worker = await RunningWorker.prepare(worldWith)
    worker.start({ STASH_CONSOLE_HOST: "0.0.0.0", STASH_CONSOLE_PORT: "0" })
    expect(await worker.ended()).toBe(1)
    expect(await worker.writtenBeside("tdlib")).toContain("set STASH_CONSOLE_TOKEN or STASH_CONSOLE_TOKEN_FILE")
    const { port } = new URL(worker.sandbox.controlUrl)
    worker.start({ STASH_CONSOLE_PORT: port })
    expect(await worker.ended()).toBe(1)
    expect(await worker.writtenBeside("tdlib")).toContain(`STASH_CONSOLE_PORT=${port}`)
  }, 180_000)
})
