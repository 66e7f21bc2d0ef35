import { existsSync } from "node:fs"
import { readFile, rm } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import type { World } from "../src/sandbox/sandbox.ts"
import { LIBRARY, RunningWorker } from "./running-worker.ts"

const ALICE = "15550001001"
const SAM = "15550001002"
const CLUMSY = "15550001003"
const BANNED = "15550001004"
const NEWCOMER = "15550001005"
const code = "12345"

type Accounts = NonNullable<World["accounts"]>

const worldOf = (accounts: Accounts): World => {
  const phones = accounts.map(({ phone }) => phone)
  return {
    accounts,
    channels: [{ name: LIBRARY, title: "Library", kind: "channel", members: phones, admins: phones, messages: [] }],
  }
}

/** A worker that asks for codes as it would with Telegram. */
const start = async (...accounts: Accounts): Promise<RunningWorker> => {
  const worker = await RunningWorker.prepare(async () => worldOf(accounts))
  worker.start({ STASH_SANDBOX_CODES: "asked" })
  return worker
}

const loginOf = (worker: RunningWorker, phone: string, condition: string) =>
  worker.until(
    `${phone}: ${condition}`,
    `select l.*, s."state" as standing, s."reason", a."authState"::text, a."authCode" from stash_logins l
     join telegram_accounts a on a."id" = l."accountId" left join stash_account_states s on s."accountId" = a."id"
     where a."phone" = '${phone}' and ${condition}`,
  )

const isIdle = `s."state" = 'idle'`
/** Where a login stands and what the board says of it are written one after the other. */
const isFlooded = `l."state" = 'waiting_flood' and s."reason" like '%no attempt to log in before 20%'`
const codesSent = (worker: RunningWorker): number =>
  worker.sandbox.log.read({ method: "auth.sendCode" }).filter(({ error }) => error === undefined).length

describe("an operator who logs an account in", () => {
  it("may mistype the code and the password, is told so, and leaves neither behind", async () => {
    await using worker = await start({ phone: SAM, firstName: "Sam", code, password: "geheim", passwordHint: "German" })
    const { code: exit, said } = await worker.typing(["00000", "", code, "falsch", "geheim"], "account", "login", "Sam")
    expect(said).toContain("Logged in.")
    expect(exit).toBe(0)
    expect(worker.log.filter(({ event }) => event === "login.refused").map(({ problem }) => problem)).toEqual([
      "wrong_code",
      "wrong_password",
    ])
    expect(codesSent(worker)).toBe(2)
    const login = await loginOf(worker, SAM, isIdle)
    expect(login).toMatchObject({ state: "ready", problem: null, qrLink: null, answerKey: null, authCode: null })
    expect((await worker.typing([], "account", "login", "Sam")).said).toContain("logged in already")
  }, 120_000)

  it("has a new code sent when the first one has expired", async () => {
    await using worker = await start({ phone: ALICE, firstName: "Alice", code })
    await loginOf(worker, ALICE, `l."state" = 'waiting_code'`)
    await worker.post(`/accounts/${ALICE}`, { codes: "expire" })
    const { said } = await worker.typing([code, "", code], "account", "login", "Alice")
    expect(said).toContain("Logged in.")
    expect(worker.log.filter(({ event }) => event === "login.refused")).toMatchObject([{ problem: "expired_code" }])
  }, 120_000)

  it("sees until when Telegram takes no code after too many wrong ones, and nothing is tried before", async () => {
    const flood = { attempts: 1, seconds: 3600 }
    await using worker = await start({ phone: CLUMSY, firstName: "Carl", code, loginFlood: flood })
    void worker.typing(["00000", "00001"], "account", "login", "Carl")
    const login = await loginOf(worker, CLUMSY, isFlooded)
    expect(Number(login["until"]) - Date.now()).toBeGreaterThan(3_000_000)
    expect(login).toMatchObject({ problem: "too_many_attempts", standing: "authorising" })
    expect(login["reason"]).toMatch(/no attempt to log in before 20/)
    const tries = worker.sandbox.log.read({ method: "auth.signIn" }).length
    await worker.query(`update telegram_accounts set "authCode" = '${code}'`)
    await worker.stash("account", "list")
    expect(worker.sandbox.log.read({ method: "auth.signIn" }).length).toBe(tries)
  }, 120_000)

  it("sees until when Telegram sends no code, of which the login then asks for one by itself", async () => {
    await using worker = await RunningWorker.prepare(async () => worldOf([{ phone: ALICE, firstName: "Alice", code }]))
    await worker.post("/faults", { method: "auth.sendCode", effect: { error: { code: 420, text: "FLOOD_WAIT_61" } } })
    worker.start({ STASH_SANDBOX_CODES: "asked" })
    const login = await loginOf(worker, ALICE, isFlooded)
    expect(login).toMatchObject({ problem: "too_many_attempts", standing: "authorising" })
    expect(login["reason"]).toMatch(/no attempt to log in before 20/)
    expect(codesSent(worker)).toBe(0)
    await worker.until(
      "the wait is nearly over",
      `select 1 as ok from stash_logins where "until" < now() + interval '15 seconds'`,
    )
    await loginOf(worker, ALICE, `l."state" = 'waiting_code'`)
    expect(worker.sandbox.log.read({ method: "auth.sendCode" })).toHaveLength(2)
    expect(worker.log.filter(({ event }) => event === "account.restart" || event === "account.parked")).toEqual([])
  }, 180_000)

  it("waits for a day where Telegram says only that codes were asked for too often", async () => {
    await using worker = await RunningWorker.prepare(async () => worldOf([{ phone: ALICE, firstName: "Alice", code }]))
    const effect = { error: { code: 400, text: "PHONE_NUMBER_FLOOD" } }
    await worker.post("/faults", { method: "auth.sendCode", times: "always", effect })
    worker.start({ STASH_SANDBOX_CODES: "asked" })
    const login = await loginOf(worker, ALICE, isFlooded)
    expect(login).toMatchObject({ problem: "too_many_attempts", standing: "authorising" })
    const hours = (Number(login["until"]) - Date.now()) / 3_600_000
    expect(Math.round(hours)).toBe(24)
    const { accounts } = (await worker.stash("account", "list")) as {
      accounts: ReadonlyArray<{ login: string; reason: string }>
    }
    expect(accounts).toMatchObject([{ login: "too_many_attempts", reason: expect.stringMatching(/before 20/) }])
    expect(worker.sandbox.log.read({ method: "auth.sendCode" })).toHaveLength(1)
  }, 120_000)

  it("is told what is wrong with a phone number that cannot log in, and no code is asked for again", async () => {
    await using worker = await start(
      { phone: BANNED, firstName: "Mallory", banned: true },
      { phone: NEWCOMER, firstName: "Nobody", signUp: true, code },
    )
    await worker.query(`insert into telegram_accounts ("id", "phone", "displayName", "updatedAt")
      values ('unknown', '15559999', 'Unknown', now()), ('short', '123', 'Short', now())`)
    const failed = (phone: string, problem: string) => loginOf(worker, phone, `l."problem" = '${problem}'`)
    await failed(BANNED, "phone_banned")
    await failed("15559999", "sign_up_needed")
    await failed("123", "phone_invalid")
    expect((await worker.typing([code], "account", "login", "Nobody")).said).toContain("sign up with an official app")
    const { problem } = await loginOf(worker, NEWCOMER, `l."state" = 'failed' and s."state" = 'parked'`)
    expect(problem).toBe("sign_up_needed")
    const asked = worker.sandbox.log.read({ method: "auth.sendCode" }).length
    await worker.stash("account", "restart", "Mallory")
    await worker.until(
      "another try",
      `select 1 as ok from stash_account_states where "state" = 'parked' and "reason" like '%banned%' and "since" >
        (select "updatedAt" from stash_logins where "problem" = 'phone_banned') - interval '1 hour'`,
    )
    expect(worker.sandbox.log.read({ method: "auth.sendCode" }).length).toBe(asked)
  }, 120_000)

  it("may scan a QR code instead, with the right account alone", async () => {
    await using worker = await start(
      { phone: ALICE, firstName: "Alice", code },
      { phone: SAM, firstName: "Sam", code, password: "geheim" },
    )
    const scan = async (by: string) => {
      const login = await loginOf(worker, SAM, `l."qrLink" is not null`)
      await worker.post(`/accounts/${by}/accept-login`, { token: login["qrLink"] })
    }
    const wrong = worker.typing([], "account", "login", "Sam", "--qr")
    await scan(ALICE)
    expect((await wrong).said).toContain("scanned by another account")
    const right = worker.typing(["geheim"], "account", "login", "Sam", "--qr")
    await loginOf(worker, SAM, `l."problem" is null`)
    await scan(SAM)
    expect((await right).said).toContain("Logged in.")
    await loginOf(worker, SAM, `${isIdle} and l."qrLink" is null`)
    expect(worker.sandbox.state().accounts.find(({ phone }) => phone === ALICE)?.sessions).toBe(0)
  }, 120_000)

  it("can go from a QR code back to a login by code", async () => {
    await using worker = await start({ phone: ALICE, firstName: "Alice", code })
    const scanning = worker.typing([], "account", "login", "Alice", "--qr")
    await loginOf(worker, ALICE, `l."qrLink" is not null`)
    const { said } = await worker.typing([code], "account", "login", "Alice")
    expect(said).toContain("Logged in.")
    expect((await scanning).said).toContain("another way now")
  }, 120_000)
})

describe("a session that is gone", () => {
  it("is an alarm with its reason when it was ended elsewhere, and no login by itself", async () => {
    await using worker = await start({ phone: ALICE, firstName: "Alice", code })
    await worker.typing([code], "account", "login", "Alice")
    await loginOf(worker, ALICE, isIdle)
    await worker.post(`/accounts/${ALICE}`, { logins: "terminate" })
    const ended = await loginOf(worker, ALICE, `l."state" = 'failed' and s."state" = 'parked'`)
    expect(ended).toMatchObject({ problem: "session_ended", authState: "EXPIRED" })
    expect(ended["reason"]).toContain("stash account login NAME")
    await worker.stash("account", "restart", "Alice")
    await worker.until("another life", `select 1 as ok from stash_account_states where "state" = 'parked'`)
    expect(codesSent(worker)).toBe(1)
    expect((await worker.typing([code], "account", "login", "Alice")).said).toContain("Logged in.")
    await loginOf(worker, ALICE, isIdle)
  }, 120_000)

  it("is an alarm when TDLib's folder was lost and TDLib says nothing of it", async () => {
    await using worker = await start({ phone: ALICE, firstName: "Alice", code })
    await worker.typing([code], "account", "login", "Alice")
    await loginOf(worker, ALICE, isIdle)
    await worker.stop()
    await rm(join(worker.folder, "data", "tdlib"), { recursive: true })
    worker.start({ STASH_SANDBOX_CODES: "asked" })
    const lost = await loginOf(worker, ALICE, `l."problem" = 'session_lost' and s."state" = 'parked'`)
    expect(lost).toMatchObject({ state: "failed", authState: "EXPIRED" })
    expect(worker.log.filter(({ event }) => event === "login.session_lost")).toMatchObject([{ level: "error" }])
    expect(codesSent(worker)).toBe(1)
  }, 120_000)
})

describe("accounts of an operator", () => {
  it("are added, listed with what they need, and removed with their session, told first", async () => {
    await using worker = await start({ phone: ALICE, firstName: "Alice", code }, { phone: SAM, firstName: "Sam", code })
    await worker.query(`delete from telegram_accounts where "phone" = '${SAM}'`)
    const added = await worker.typing([`+${SAM}`], "account", "add", "--label", "Samuel")
    expect(added.said).toContain("155***02 is an account now")
    await loginOf(worker, SAM, `l."state" = 'waiting_code'`)
    const { accounts } = (await worker.stash("account", "list")) as {
      accounts: ReadonlyArray<{ name: string; login: string; reason: string }>
    }
    expect(accounts.find(({ name }) => name === "Samuel")).toMatchObject({
      login: "waiting_code",
      reason: expect.stringContaining("stash account login Samuel"),
    })
    await worker.typing([code], "account", "login", "Samuel")
    await loginOf(worker, SAM, isIdle)
    expect((await worker.typing([], "account", "remove", "Samuel")).said).toContain("Would remove 155***02")
    const [row] = await worker.query(`select "id" from telegram_accounts where "phone" = '${SAM}'`)
    const folder = join(worker.folder, "data", "tdlib", String(row?.["id"]))
    expect(existsSync(folder)).toBe(true)
    expect((await worker.typing([], "account", "remove", "Samuel", "--yes")).said).toContain("Removed 155***02")
    expect(await worker.query(`select 1 from telegram_accounts where "phone" = '${SAM}'`)).toEqual([])
    expect(existsSync(folder)).toBe(false)
  }, 120_000)

  it("log in all together, twenty of them, and leave no code, password or phone number in anything that was written", async () => {
    const phones = Array.from({ length: 20 }, (_, index) => `1555777${String(4100 + index)}`)
    const password = "hunter2-korrekt"
    const secretCode = "73519"
    await using worker = await RunningWorker.prepare(async () =>
      worldOf(phones.map((phone) => ({ phone, firstName: `A${phone}`.slice(-5), code: secretCode, password }))),
    )
    worker.start({ STASH_SANDBOX_CODES: "asked", LOG_LEVEL: "trace" })
    const waiting = (state: string) =>
      worker.until(
        `twenty times ${state}`,
        `select 1 as ok from stash_logins where "state" = '${state}' having count(*) = 20`,
      )
    await waiting("waiting_code")
    const byCommand = worker.typing(["00000", secretCode, password], "account", "login", phones[0]?.slice(-4) ?? "")
    const others = phones
      .slice(1)
      .map((phone) => `'${phone}'`)
      .join(",")
    await worker.query(`update telegram_accounts set "authCode" = '${secretCode}' where "phone" in (${others})`)
    await worker.until(
      "nineteen passwords asked for",
      `select 1 as ok from stash_logins where "state" = 'waiting_password' having count(*) >= 19`,
    )
    await worker.query(`update telegram_accounts set "authCode" = '${password}' where "phone" in (${others})`)
    await worker.until(
      "twenty idle accounts",
      `select 1 as ok from stash_account_states where "state" = 'idle' having count(*) = 20`,
    )
    const { said } = await byCommand
    expect(said).toContain("Logged in.")
    const left = await worker.query(`select 1 from telegram_accounts where "authCode" is not null`)
    expect(left).toEqual([])
    expect(await worker.stop()).toBe(0)
    const written = [await worker.writtenBeside("tdlib"), said].join("\n")
    expect(written).toContain("account.ready")
    for (const secret of [secretCode, password, ...phones]) expect(written.includes(secret), secret).toBe(false)
  }, 300_000)

  it("leave nothing of it in the embedded server's own log either", async () => {
    const phone = "15557774242"
    const password = "hunter2-korrekt"
    const secretCode = "73519"
    await using worker = await RunningWorker.prepare(
      async () => worldOf([{ phone, firstName: "Ada", code: secretCode, password }]),
      { environment: { DATABASE_URL: "" } },
    )
    worker.start({ STASH_SANDBOX_CODES: "asked", LOG_LEVEL: "trace" })
    const added = await worker.typing([`+${phone}`], "account", "add", "--label", "Ada")
    expect(added.said).toContain("is an account now")
    const login = await worker.typing(["00000", "", secretCode, "falsch", password], "account", "login", "Ada")
    expect(login.said).toContain("Logged in.")
    // A statement that fails is what a server's log is full of.
    const again = await worker.typing([`+${phone}`], "account", "add", "--label", "Ada")
    expect(await worker.stop()).toBe(0)
    const serverLog = await readFile(join(worker.folder, "data", "postgres", "server.log"), "utf8")
    expect(serverLog).toContain("database system is ready to accept connections")
    const written = [serverLog, added.said, login.said, again.said].join("\n")
    for (const secret of [secretCode, password, phone]) expect(written.includes(secret), secret).toBe(false)
  }, 120_000)
})
