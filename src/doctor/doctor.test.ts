import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { chmodSync, closeSync, mkdirSync, openSync, writeFileSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Clock, Effect, Option } from "effect"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { noteStanding } from "../../db/account-states.ts"
import { addAccount, markAuthenticated } from "../../db/accounts.ts"
import { linkChannel, setDestination, upsertChannel } from "../../db/channels.ts"
import { Database } from "../../db/database.ts"
import { run } from "../../db/statement.ts"
import { emptyDatabase, freshDatabase, withDatabase } from "../../test/fresh-database.ts"
import { loadConfig, settings } from "../config.ts"
import { engineFor, findSevenZip } from "../cpu/seven-zip-program.ts"
import { DiskRoom } from "../disk-room.ts"
import type { LookAt } from "./check-channels.ts"
import { checkSessions } from "./check-database.ts"
import { checkOtherWorker, checkRoom, checkSecrets, checkWritable } from "./check-folders.ts"
import { checkDescriptors, checkNode, checkPrograms, checkSevenZip, checkTdlib } from "./check-installation.ts"
import { checkConsole, checkTelegram } from "./check-settings.ts"
import { checkLibrary, examine } from "./doctor.ts"
import { type Check, hasFault } from "./finding.ts"

let folder = ""
let children: Array<ChildProcess> = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "stash-doctor-"))
})
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL")
  children = []
  await rm(folder, { recursive: true, force: true })
})

const configOf = (environment: Readonly<Record<string, string>> = {}) =>
  Effect.runPromise(loadConfig({ STASH_DATA_DIR: folder, WORKER_MAX_ZIP_SIZE_MB: "1", ...environment }))

/** The remedies of the faults that were found. */
const remedies = (...checks: ReadonlyArray<Check>): ReadonlyArray<string> =>
  checks.flatMap(({ findings }) => findings.flatMap(({ remedy, severity }) => (severity === "fault" ? [remedy] : [])))

const expectOne = (found: ReadonlyArray<string>, remedy: string) =>
  expect(found).toEqual([expect.stringContaining(remedy)])

const placeFile = (path: string, content = "", mode = 0o600): string => {
  mkdirSync(join(path, ".."), { recursive: true })
  writeFileSync(path, content)
  chmodSync(path, mode)
  return path
}

describe("stash doctor, of the installation", () => {
  it("finds a Node that is too old", () => {
    expectOne(remedies(checkNode("20.20.2")), "run it through npm")
    expect(remedies(checkNode("24.0.0"))).toEqual([])
  })

  it("finds a TDLib that does not load", async () => {
    const broken = placeFile(join(folder, "libtdjson.so"), "no library")
    expectOne(remedies(await Effect.runPromise(checkTdlib(broken))), "npm ci anew")
    expect(remedies(await Effect.runPromise(checkTdlib()))).toEqual([])
  })

  it("finds a 7-Zip that is not the pinned one", () => {
    placeFile(join(folder, "linux/x64/7zz"), "another program", 0o700)
    expectOne(remedies(checkSevenZip(() => engineFor(() => findSevenZip("linux/x64", folder)))), "npm ci anew")
    expect(remedies(checkSevenZip())).toEqual([])
  })

  it("finds the programs missing that the embedded database needs", () => {
    expectOne(remedies(checkPrograms(folder)), "util-linux")
    expect(remedies(checkPrograms())).toEqual([])
  })

  it("finds a low limit of open files", async () => {
    const limits = execFileSync("sh", ["-c", "ulimit -n 256; exec cat /proc/self/limits"])
    const file = placeFile(join(folder, "limits"), limits.toString())
    expectOne(remedies(await Effect.runPromise(checkDescriptors(file))), "ulimit -n")
  })
})

describe("stash doctor, of the settings", () => {
  it("finds every bad value, whatever else is wrong", async () => {
    const checks = await Effect.runPromise(
      examine({ STASH_DATA_DIR: folder, LOG_LEVEL: "loud", MAX_PART_SIZE_MB: "0" }, () => Effect.succeedNone),
    )
    expect(remedies(...checks)).toEqual([
      expect.stringContaining("set MAX_PART_SIZE_MB to MiB, 1 to 3950"),
      expect.stringContaining("set LOG_LEVEL to one of trace"),
    ])
  })

  it("finds the API credentials missing", async () => {
    const telegramOf = async (environment: Readonly<Record<string, string>>) =>
      remedies(await Effect.runPromise(checkTelegram(await configOf(environment))))
    expectOne(await telegramOf({ TELEGRAM_API_ID: "1" }), "my.telegram.org")
    expect(await telegramOf({ TELEGRAM_API_ID: "1", TELEGRAM_API_HASH: "0".repeat(32) })).toEqual([])
  })

  it("finds that no sandbox answers", async () => {
    const config = await configOf({ STASH_SANDBOX: "http://127.0.0.1:1" })
    expectOne(remedies(await Effect.runPromise(checkTelegram(config))), "stash sandbox")
  })

  it("finds the console's port taken, unless a worker runs", async () => {
    const server = createServer()
    const port = await new Promise<number>((resolve) =>
      server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)),
    )
    const consoleOf = async (isWorkerThere: boolean, environment: Readonly<Record<string, string>> = {}) => {
      const config = await configOf({ STASH_CONSOLE_PORT: String(port), ...environment })
      return remedies(await Effect.runPromise(checkConsole(config.console, isWorkerThere)))
    }
    expectOne(await consoleOf(false), "STASH_CONSOLE_PORT")
    expect(await consoleOf(true)).toEqual([])
    await new Promise((resolve) => server.close(resolve))
    expect(await consoleOf(false)).toEqual([])
    expect(await consoleOf(false, { STASH_CONSOLE_HOST: "0.0.0.0" })).toHaveLength(1)
  })
})

describe("stash doctor, of the folders", () => {
  it("finds a folder that cannot be written, and leaves nothing in one that can", async () => {
    const file = placeFile(join(folder, "file"))
    const config = await configOf({ WORKER_TEMP_DIR: join(file, "temp") })
    expectOne(remedies(await Effect.runPromise(checkWritable(config))), "choose another")
    expect(remedies(await Effect.runPromise(checkWritable(await configOf())))).toEqual([])
    expect(execFileSync("ls", ["-A", folder]).toString()).toBe("file\n")
  })

  it("finds a disk that is nearly full, and one that is too small for the settings", async () => {
    const findingsWith = async (freeBytes: number) => {
      const config = await configOf({ WORKER_MAX_ZIP_SIZE_MB: "4096" })
      const room = checkRoom(config).pipe(Effect.provideService(DiskRoom, async () => freeBytes))
      return (await Effect.runPromise(room)).findings
    }
    const full = await findingsWith(2 ** 29)
    expect(full.map(({ severity }) => severity)).toEqual(["fault", "fault", "fault"])
    expect(full[0]?.remedy).toContain("free some space")
    const [small, ...others] = await findingsWith(2 * 2 ** 30)
    expect(small).toMatchObject({
      severity: "advice",
      remedy: expect.stringContaining("WORKER_MAX_ZIP_SIZE_MB to 2048"),
    })
    expect(others).toEqual([])
    expect(await findingsWith(5 * 2 ** 30)).toEqual([])
  })

  it("finds secrets that others can read, and a key file that is gone", async () => {
    const session = placeFile(join(folder, "tdlib/a/db/td.binlog"))
    const password = placeFile(join(folder, "postgres/password"))
    const key = placeFile(join(folder, "key"))
    chmodSync(folder, 0o755)
    const secretsOf = async () =>
      remedies(await Effect.runPromise(checkSecrets(await configOf({ STASH_TDLIB_KEY_FILE: key }))))
    expect(await secretsOf()).toEqual([])
    for (const path of [session, password, key]) chmodSync(path, 0o644)
    expect(await secretsOf()).toEqual([
      `chmod 600 ${password}`,
      `chmod 600 ${key}`,
      `chmod 700 ${join(folder, "tdlib")}`,
    ])
    chmodSync(folder, 0o700)
    expect(await secretsOf()).toEqual([])
    await rm(key)
    expect(await secretsOf()).toContainEqual(expect.stringContaining("put the file back"))
  })

  it("finds every file of a setting that others can read", async () => {
    const texts = {
      DATABASE_URL_FILE: "postgres://a:b@127.0.0.1/x",
      TELEGRAM_API_HASH_FILE: "0".repeat(32),
      STASH_PROXY_FILE: "socks5://a:b@127.0.0.1:1080",
      STASH_TDLIB_KEY_FILE: "key",
      STASH_CONSOLE_TOKEN_FILE: "0123456789abcdef",
    }
    expect(Object.keys(texts)).toEqual(Object.keys(settings).filter((name) => name.endsWith("_FILE")))
    chmodSync(folder, 0o755)
    const files = Object.entries(texts).map(([name, text]) => [name, placeFile(join(folder, name), text)] as const)
    const secretsOf = async () =>
      remedies(await Effect.runPromise(checkSecrets(await configOf(Object.fromEntries(files)))))
    expect(await secretsOf()).toEqual([])
    for (const [, path] of files) chmodSync(path, 0o644)
    expect(await secretsOf()).toEqual(files.map(([, path]) => `chmod 600 ${path}`))
  })

  it("finds another worker on the same folder, and knows its own", async () => {
    const file = openSync(placeFile(join(folder, "tdlib/a/db/td.binlog")), "r")
    const other = spawn("sleep", ["600"], { stdio: [file, "ignore", "ignore"] })
    children.push(other)
    await new Promise((resolve) => other.once("spawn", resolve))
    closeSync(file)
    const config = await configOf()
    expectOne(remedies(await Effect.runPromise(checkOtherWorker(config, new Set()))), `ps -fp ${other.pid}`)
    expect(remedies(await Effect.runPromise(checkOtherWorker(config, new Set(["a"]))))).toEqual([])
  })
})

const unasked: LookAt = () => Effect.succeedNone

const libraryOf = async (url: string, look = unasked) => {
  const config = await configOf({ DATABASE_URL: url })
  return (await Effect.runPromise(checkLibrary(config, look))).checks
}

const on = <A, E>(url: string, work: Effect.Effect<A, E, Database>): Promise<A> =>
  Effect.runPromise(Effect.provide(work, Database.layer({ url, max: 1, applicationName: "test" })))

/** A database with an account, a source and a destination, in which nothing is wrong. */
const healthy = async () => {
  const url = await freshDatabase()
  const ids = await on(
    url,
    Effect.gen(function* () {
      const account = yield* addAccount({ phone: "+10000000001", displayName: "Ana" })
      yield* markAuthenticated(account.id, false)
      const common = { isForum: false, isActive: true }
      const source = yield* upsertChannel({ telegramId: -1001234567890, title: "Dragons", type: "SOURCE", ...common })
      const library = yield* upsertChannel({ telegramId: -1001234567891, title: "Lib", type: "DESTINATION", ...common })
      yield* linkChannel({ accountId: account.id, channelId: source.id, role: "READER" })
      yield* linkChannel({ accountId: account.id, channelId: library.id, role: "WRITER" })
      yield* setDestination(library.id)
      return { account: account.id, source: source.id, library: library.id }
    }),
  )
  return { url, ...ids }
}

describe("stash doctor, of the database", () => {
  it("finds nothing where nothing is wrong", async () => {
    const { url } = await healthy()
    const checks = await libraryOf(url)
    expect(checks.map(({ name }) => name)).toEqual([
      "database",
      "clock",
      "migrations",
      "sessions",
      "accounts",
      "destination",
      "sources",
    ])
    expect(checks.flatMap(({ findings }) => findings)).toEqual([])
  })

  it("finds a server that is not there, a database that is not, and a login that is refused", async () => {
    const { url } = await healthy()
    expectOne(remedies(...(await libraryOf("postgres://a:b@127.0.0.1:1/x"))), "start the server")
    expectOne(remedies(...(await libraryOf(withDatabase(url, "nowhere")))), "create the database")
    const stranger = new URL(url)
    stranger.password = "wrong"
    expectOne(remedies(...(await libraryOf(stranger.href))), "correct user and password")
  })

  it("finds rights missing", async () => {
    const { url } = await healthy()
    const role = `guest_${url.slice(-12)}`
    await on(
      url,
      Effect.gen(function* () {
        yield* run("role", (sql) => sql.unsafe(`create role ${role} login password 'guest'`))
        yield* run("grant", (sql) => sql.unsafe(`grant select on all tables in schema public to ${role}`))
      }),
    )
    const guest = new URL(url)
    guest.username = role
    guest.password = "guest"
    const found = remedies(...(await libraryOf(guest.href)))
    await on(
      url,
      Effect.gen(function* () {
        yield* run("revoke", (sql) => sql.unsafe(`drop owned by ${role}`))
        yield* run("drop", (sql) => sql.unsafe(`drop role ${role}`))
      }),
    )
    expect(found).toEqual([
      expect.stringContaining(`grant create on schema public to ${role}`),
      expect.stringContaining(`grant all on all tables in schema public to ${role}`),
    ])
  })

  it("finds a clock that is not the database's", async () => {
    const { url } = await healthy()
    const hourAhead = Effect.map(
      Clock.Clock,
      (clock): Clock.Clock =>
        Object.create(clock, {
          currentTimeMillis: { value: Effect.map(clock.currentTimeMillis, (now) => now + 3_600_000) },
        }),
    )
    const config = await configOf({ DATABASE_URL: url })
    const { checks } = await Effect.runPromise(
      checkLibrary(config, unasked).pipe(Effect.provideServiceEffect(Clock.Clock, hourAhead)),
    )
    expectOne(remedies(...checks), "set their clocks")
  })

  it("finds migrations of another version; those that are pending are no fault", async () => {
    const { url } = await healthy()
    await on(
      url,
      run("newer", (sql) => sql`insert into stash_migrations ("name", "sha256") values ('9999_future', 'x')`),
    )
    expectOne(remedies(...(await libraryOf(url))), "a newer one")
    const checks = await libraryOf(await emptyDatabase())
    expect(hasFault(checks)).toBe(false)
    expect(checks.at(-1)?.findings).toMatchObject([{ severity: "advice", remedy: expect.stringContaining("migrate") }])
  })

  it("finds more accounts than the server has sessions for", () => {
    const sessionsOf = (maxSessions: number, accounts: number) =>
      checkSessions(maxSessions, accounts).findings.map(({ remedy }) => remedy)
    expect(sessionsOf(97, 39)).toEqual([])
    expectOne(sessionsOf(97, 50), "max_connections = 218")
  })

  it("finds accounts that are parked, or were logged out", async () => {
    const { account, url } = await healthy()
    const standing = {
      accountId: account,
      reason: "the disk is full",
      since: 0,
      restarts: 9,
      lastRestart: null,
      supervisor: "here:1",
    }
    await on(url, noteStanding({ ...standing, state: "parked" }))
    expectOne(remedies(...(await libraryOf(url))), "stash account restart Ana")
    await on(
      url,
      run(
        "logged out",
        (sql) => sql`
          insert into stash_logins ("accountId", "state", "problem") values (${account}, 'failed', 'session_ended')`,
      ),
    )
    expectOne(remedies(...(await libraryOf(url))), "stash account login Ana")
  })

  it("finds that there is no account, and no destination", async () => {
    const found = remedies(...(await libraryOf(await freshDatabase())))
    expect(found).toEqual([
      expect.stringContaining("stash account add"),
      expect.stringContaining("stash channel destination"),
      expect.stringContaining("stash channel join"),
    ])
  })

  it("finds an account that may not post", async () => {
    const { url } = await healthy()
    const chat = {
      chatId: 1,
      title: "Lib",
      kind: "channel",
      username: null,
      lists: [],
      isProtected: false,
      refusal: null,
      memberCount: null,
    } as const
    const seenWith = (canPost: boolean) => libraryOf(url, () => Effect.succeed(Option.some({ ...chat, canPost })))
    expectOne(remedies(...(await seenWith(false))), "with the right to post")
    expect(remedies(...(await seenWith(true)))).toEqual([])
    const gone = await libraryOf(url, () => Effect.fail({ message: "CHANNEL_PRIVATE" }))
    expectOne(remedies(...gone), "let it in")
  })

  it("finds sources that nobody reads, or can read", async () => {
    const { account, source, url } = await healthy()
    await on(
      url,
      run(
        "unreadable",
        (sql) => sql`
          insert into stash_source_states ("mapId", "unreadable", "unreadableSince")
          select "id", 'it was thrown out', now() from account_channel_map
          where "accountId" = ${account} and "channelId" = ${source}`,
      ),
    )
    expectOne(remedies(...(await libraryOf(url))), "let an account in again")
    await on(
      url,
      run("unlinked", (sql) => sql`delete from account_channel_map where "channelId" = ${source}`),
    )
    expectOne(remedies(...(await libraryOf(url))), "stash channel link")
  })
})
