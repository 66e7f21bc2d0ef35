import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { Effect, Exit, Fiber, Schema, Scope } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Database } from "./database.ts"
import { findBinaries } from "./embedded/binaries.ts"
import { readPidFile } from "./embedded/pid-file.ts"
import { type EmbeddedServer, embeddedPostgres } from "./embedded.ts"

let root = ""
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "stash-embedded-"))
  chmodSync(root, 0o711)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

let directories = 0
const newDirectory = () => {
  directories += 1
  return join(root, `server-${directories}`)
}

const check = <A, E>(work: Effect.Effect<A, E, Scope.Scope>) => Effect.runPromise(Effect.scoped(work))

const start = (directory: string) => embeddedPostgres({ directory, settings: { fsync: "off" } })

const query = (server: EmbeddedServer, statement: string) =>
  Effect.gen(function* () {
    const database = yield* Database
    return yield* database.rows("test", Schema.Record(Schema.String, Schema.Unknown), (sql) => sql.unsafe(statement))
  }).pipe(Effect.provide(Database.layer({ url: server.url, max: 1, applicationName: "test" })))

/** Ids of the processes that have the text in their command line; zombies have none. */
const processesWith = (text: string) =>
  readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      return readFileSync(`/proc/${name}/cmdline`, "utf8").includes(text)
    } catch {
      return false
    }
  })

const untilGone = (text: string) =>
  Effect.suspend(() => Effect.succeed(processesWith(text).length)).pipe(
    Effect.repeat({ until: (count) => count === 0 }),
    Effect.timeout("20 seconds"),
  )

/** Another process that starts a server there and holds it. */
const startInOtherProcess = (directory: string): Promise<ChildProcess> => {
  const program = `
    const { Effect } = await import("effect")
    const { embeddedPostgres } = await import(${JSON.stringify(new URL("./embedded.ts", import.meta.url).href)})
    const work = Effect.andThen(embeddedPostgres({ directory: ${JSON.stringify(directory)} }), Effect.sync(() => console.log("up")))
    await Effect.runPromise(Effect.scoped(Effect.andThen(work, Effect.never)))`
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    cwd: dirname(import.meta.dirname),
    stdio: ["ignore", "pipe", "inherit"],
  })
  return new Promise((resolve, reject) => {
    child.stdout?.once("data", () => resolve(child))
    child.once("exit", () => reject(new Error("the other process ended early")))
  })
}

describe("embeddedPostgres", () => {
  it("keeps its rows from one life to the next, and leaves no process behind", async () => {
    const directory = newDirectory()
    await check(Effect.flatMap(start(directory), (server) => query(server, "create table t as select 1 as n")))
    expect(processesWith(directory)).toEqual([])
    const found = await check(Effect.flatMap(start(directory), (server) => query(server, "select n from t")))
    expect(found).toEqual([{ n: 1 }])
  })

  it("takes logins from this machine with the right password, and none else", async () => {
    const outcome = await check(
      Effect.gen(function* () {
        const server = yield* start(newDirectory())
        const settings = yield* query(
          server,
          "select current_setting('listen_addresses') as a, current_setting('unix_socket_directories') as b",
        )
        const wrong = { ...server, url: server.url.replace(/:[^:@]+@/, ":wrong@") }
        return [settings, (yield* Effect.flip(query(wrong, "select 1"))).reason]
      }),
    )
    expect(outcome).toEqual([[{ a: "127.0.0.1", b: "" }], "refused"])
  })

  it("ends with the process that started it, even when that is killed with SIGKILL, and can be started anew at once", async () => {
    const directory = newDirectory()
    const parent = await startInOtherProcess(directory)
    parent.kill("SIGKILL")
    expect(await check(Effect.flatMap(start(directory), (server) => query(server, "select 1 as n")))).toEqual([
      { n: 1 },
    ])
    const other = await startInOtherProcess(directory)
    other.kill("SIGKILL")
    await Effect.runPromise(untilGone(directory))
  })

  it("recovers after its own processes were killed with SIGKILL, and says that it died", async () => {
    const directory = newDirectory()
    const how = await check(
      Effect.gen(function* () {
        const server = yield* start(directory)
        yield* query(server, "create table t as select 1 as n")
        const file = yield* Effect.promise(() => readPidFile(join(directory, "data")))
        process.kill(file?.pid ?? 0, "SIGKILL")
        return yield* server.died
      }),
    )
    expect(how).toContain("SIGKILL")
    const found = await check(Effect.flatMap(start(directory), (server) => query(server, "select n from t")))
    expect(found).toEqual([{ n: 1 }])
  })

  it("starts although a stale pid file names another live process", async () => {
    const directory = newDirectory()
    await check(start(directory))
    const pidFile = (pid: number) => `${pid}\n${join(directory, "data")}\n1700000000\n5432\n\n127.0.0.1\n\nready   \n`
    // Of the server's own user: PostgreSQL takes a process of another user for none of its own.
    const { gid, uid } = statSync(join(directory, "data"))
    const bystander = spawn("sleep", ["60"], { stdio: "ignore", uid, gid })
    try {
      writeFileSync(join(directory, "data", "postmaster.pid"), pidFile(bystander.pid ?? 0))
      expect(await check(Effect.flatMap(start(directory), (server) => query(server, "select 1 as n")))).toEqual([
        { n: 1 },
      ])
    } finally {
      bystander.kill()
    }
  })

  it("refuses a directory whose server is still running, and never takes that server over", async () => {
    const directory = newDirectory()
    const error = await check(
      Effect.andThen(start(directory), Effect.flip(embeddedPostgres({ directory, waitForPrevious: "300 millis" }))),
    )
    expect(error).toMatchObject({ reason: "in_use" })
  })

  it("waits for a previous owner's server to stop", async () => {
    const directory = newDirectory()
    await check(
      Effect.gen(function* () {
        const previousOwner = yield* Scope.make()
        yield* Scope.provide(start(directory), previousOwner)
        const next = yield* Effect.forkScoped(start(directory))
        yield* Effect.sleep("300 millis")
        yield* Scope.close(previousOwner, Exit.void)
        expect(yield* query(yield* Fiber.join(next), "select 1 as n")).toEqual([{ n: 1 }])
      }),
    )
  })

  it("lies below a directory that only its owner can enter", async () => {
    const closed = newDirectory()
    mkdirSync(closed, { mode: 0o700 })
    const found = await check(
      Effect.flatMap(start(join(closed, "postgres")), (server) => query(server, "select 1 as n")),
    )
    expect(found).toEqual([{ n: 1 }])
  })

  it("is made once where two start it for the first time together, and both have it, one after the other", async () => {
    const directory = newDirectory()
    const life = Effect.scoped(Effect.flatMap(start(directory), (server) => query(server, "select 1 as n")))
    expect(await Effect.runPromise(Effect.all([life, life], { concurrency: 2 }))).toEqual([[{ n: 1 }], [{ n: 1 }]])
  }, 60_000)

  it("begins anew when making the database was cut short", async () => {
    const directory = newDirectory()
    mkdirSync(join(directory, "data.unfinished", "base"), { recursive: true })
    expect(await check(Effect.flatMap(start(directory), (server) => query(server, "select 1 as n")))).toEqual([
      { n: 1 },
    ])
  })

  it("leaves no process when it is interrupted while starting", async () => {
    const directory = newDirectory()
    await check(start(directory))
    for (const millis of [5, 20, 40, 60]) {
      await check(
        Effect.gen(function* () {
          const starting = yield* Effect.forkChild(Effect.scoped(Effect.andThen(start(directory), Effect.never)))
          yield* Effect.sleep(millis)
          yield* Fiber.interrupt(starting)
        }),
      )
      expect(processesWith(directory)).toEqual([])
    }
  })

  it("does not touch the data of another version", async () => {
    const directory = newDirectory()
    mkdirSync(join(directory, "data"), { recursive: true })
    writeFileSync(join(directory, "data", "PG_VERSION"), "15\n")
    const exit = await check(Effect.exit(start(directory)))
    expect(Exit.isFailure(exit) && exit.cause.reasons[0]).toMatchObject({ error: { reason: "foreign_data" } })
  })
})

describe("findBinaries", () => {
  it("makes the library links elsewhere when the package's install script did not", async () => {
    const native = join(newDirectory(), "native")
    const { postgres } = await findBinaries(join(root, "unused"))
    cpSync(join(dirname(postgres), ".."), native, {
      recursive: true,
      filter: (path) => !/\/(share|pkgconfig)$/.test(path),
    })
    for (const { target } of JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8"))) {
      rmSync(join(native, "..", target))
    }
    const binaries = await findBinaries(join(root, "links"), native)
    const version = execFileSync(binaries.initdb, ["--version"], { env: binaries.environment }).toString()
    expect(version).toContain("PostgreSQL) 18")
  })
})
