import { describe, expect, it } from "vitest"
import { makeArchive } from "./archive-files.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"

const phone = "15550001001"
const KIBIBYTE = 1024
const actionHeaders = { "content-type": "application/json", "x-stash-console": "1" }

const stateIs = (state: string) => `select 1 as ok from stash_account_states where "state" = '${state}'`

interface Answer {
  readonly status: number
  readonly text: string
}

const answerOf = async (response: Response): Promise<Answer> => ({
  status: response.status,
  text: await response.text(),
})

const startWorker = async (): Promise<RunningWorker> =>
  RunningWorker.prepare(async (folder) => ({
    accounts: [{ phone, firstName: "Alice", premium: false, code: "12345" }],
    channels: [
      {
        name: "source",
        title: "Source",
        kind: "channel",
        members: [phone],
        messages: [
          { file: await makeArchive(folder, "Dragon.zip", 300 * KIBIBYTE) },
          { file: await makeArchive(folder, "Whale.zip", 1500 * KIBIBYTE) },
        ],
      },
      { name: LIBRARY, title: "Library", kind: "channel", members: [phone], admins: [phone], messages: [] },
    ],
  }))

describe("an operator at the console's API", () => {
  it("has accounts, sources and skipped sets do what the commands have them do", async () => {
    await using worker = await startWorker()
    worker.start({ STASH_CONSOLE_PORT: "0", WORKER_MAX_ZIP_SIZE_MB: "1" })
    const url = await worker.consoleUrl()
    const post = async (path: string, body: unknown) =>
      answerOf(await fetch(new URL(path, url), { method: "POST", headers: actionHeaders, body: JSON.stringify(body) }))
    const get = async (path: string) => (await fetch(new URL(path, url))).json() as Promise<never>
    await worker.untilSettled(2)
    await worker.until("idle", stateIs("idle"))
    const [account]: ReadonlyArray<{ readonly id: string }> = ((await get("/api/status")) as { accounts: never })
      .accounts
    const turn = (name: string) => post(`/api/accounts/${account?.id}/turn`, { turn: name })

    expect(await turn("cancel")).toEqual({
      status: 200,
      text: '{"what":"The account has no cycle running: it is idle."}',
    })
    expect((await turn("pause")).text).toContain("The account is paused")
    await worker.until("paused", stateIs("paused"))
    expect((await turn("run")).text).toContain("is paused, and begins when")
    expect((await turn("resume")).text).toContain("not paused any more")
    await worker.until("idle again", stateIs("idle"))
    expect((await turn("disable")).text).toContain("The account is disabled")
    await worker.until("stopped", stateIs("stopped"))
    expect(await get("/api/overview")).toMatchObject({
      disabledAccounts: [{ id: account?.id, label: "Alice", phone: "155***01" }],
    })
    expect((await turn("enable")).text).toContain("The account is enabled")
    await worker.until("idle once more", stateIs("idle"))
    const lives = () => worker.log.filter(({ event, to }) => event === "account.moved" && to === "starting").length
    const before = lives()
    expect((await turn("restart")).status).toBe(200)
    await worker.until("idle after a restart", `${stateIs("idle")} and "restarts" >= 0`)
    for (let looks = 0; lives() === before && looks < 200; looks++) await new Promise((done) => setTimeout(done, 50))
    expect(lives()).toBe(before + 1)
    await worker.until("idle in its new life", stateIs("idle"))

    const [skipped]: ReadonlyArray<{ readonly id: string; readonly fileName: string }> = await get("/api/skipped")
    expect(skipped?.fileName).toBe("Whale.zip")
    expect((await post("/api/skipped/retry", { ids: [skipped?.id] })).text).toContain("is tried again now")
    await worker.until("another skip", `select 1 as ok from skipped_packages where "id" <> '${skipped?.id}'`)
    expect(await post("/api/skipped/retry", { ids: [skipped?.id] })).toMatchObject({ status: 404 })

    const channels: ReadonlyArray<{ readonly id: string; readonly role: string; readonly state: string }> =
      await get("/api/channels")
    const source = channels.find(({ role }) => role === "source")
    expect(source?.state).toBe("read")
    expect((await post(`/api/channels/${source?.id}/rescan`, { from: null })).text).toContain(
      "Alice looks through Source",
    )
    expect(await get("/api/overview")).toMatchObject({
      accounts: 1,
      loggedIn: 1,
      packages: 1,
      sources: 1,
      skippedSets: 1,
    })
    const [dragon]: ReadonlyArray<{ readonly id: string; readonly hasPreview: boolean }> = await get("/api/packages")
    const { files }: { readonly files: ReadonlyArray<object> } = await get(`/api/packages/${dragon?.id}/files`)
    expect(files).toEqual([{ path: "Dragon.zip.stl", bytes: 300 * KIBIBYTE }])
    expect((await fetch(new URL(`/api/packages/${dragon?.id}/preview`, url))).status).toBe(404)
    // A picture that is none is not served as one.
    await worker.query(`update packages set "previewData" = convert_to('<svg onload="alert(1)"/>', 'UTF8')`)
    expect((await fetch(new URL(`/api/packages/${dragon?.id}/preview`, url))).status).toBe(404)

    expect(await post("/api/accounts/nobody/turn", { turn: "run" })).toMatchObject({ status: 404 })
    expect(await post(`/api/accounts/${account?.id}/login/answer`, { secret: "12345" })).toMatchObject({
      status: 409,
      text: expect.stringContaining("waits for no answer"),
    })
    const actions = worker.log.filter(({ event }) => event === "console.action").map(({ action }) => action)
    expect(actions).toEqual([
      "cancel",
      "pause",
      "run",
      "resume",
      "disable",
      "enable",
      "restart",
      "retry skipped sets",
      "rescan",
    ])
    expect(worker.log.filter(({ event }) => event === "console.refused")).toHaveLength(3)
    expect(await worker.stop()).toBe(0)
  }, 240_000)

  it("cannot be acted for by another page in the same browser, and is told little when a request makes no sense", async () => {
    await using worker = await startWorker()
    worker.start({ STASH_CONSOLE_PORT: "0" })
    const url = await worker.consoleUrl()
    const post = async (headers: Readonly<Record<string, string>>, body: string) =>
      answerOf(await fetch(new URL("/api/skipped/retry", url), { method: "POST", headers, body }))
    const body = JSON.stringify({ ids: ["1"] })
    for (const headers of [
      {},
      { "content-type": "application/json" },
      { "content-type": "text/plain", "x-stash-console": "1" },
      { ...actionHeaders, origin: "https://evil.example" },
      { ...actionHeaders, "sec-fetch-site": "cross-site" },
    ])
      expect((await post(headers, body)).status, JSON.stringify(headers)).toBe(403)
    const preflight = await fetch(new URL("/api/skipped/retry", url), {
      method: "OPTIONS",
      headers: { origin: "https://evil.example", "access-control-request-method": "POST" },
    })
    expect(preflight.headers.get("access-control-allow-origin")).toBeNull()

    expect((await post(actionHeaders, body)).status).toBe(404)
    const secret = "geheim-4711"
    for (const wrong of [JSON.stringify({ secret }), `{"ids": ["${secret}`, JSON.stringify({ ids: [] }), "null"]) {
      const { status, text } = await post(actionHeaders, wrong)
      expect(status, wrong).toBe(400)
      expect(text).not.toContain(secret)
    }
    const long = await post(actionHeaders, JSON.stringify({ ids: ["x".repeat(100_000)] }))
    expect(long.status).toBeGreaterThanOrEqual(400)
    expect(await worker.writtenBeside("tdlib")).not.toContain(secret)
    expect(await worker.stop()).toBe(0)
  }, 120_000)
})
