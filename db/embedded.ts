import { type ChildProcess, execFile, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { existsSync } from "node:fs"
import { chown, mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { join, resolve } from "node:path"
import { promisify } from "node:util"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Binaries, findBinaries } from "./embedded/binaries.ts"
import { EmbeddedPostgresError } from "./embedded/error.ts"
import { chooseIdentity, type Identity } from "./embedded/identity.ts"
import { portOfRunning, readPidFile, removeStalePidFile } from "./embedded/pid-file.ts"
import { whileLocked } from "./embedded/while-locked.ts"

export { EmbeddedPostgresError } from "./embedded/error.ts"

export interface EmbeddedPostgresOptions {
  /** Everything of the server lies below: data/, password, server.log. Made if missing. */
  readonly directory: string
  /** Default: a free one, another at every start. */
  readonly port?: number
  /** Settings as in postgresql.conf, over the defaults here. */
  readonly settings?: Readonly<Record<string, string>>
  /** How long a previous owner's server may take to stop before the directory counts as in use. Default 20 seconds. */
  readonly waitForPrevious?: Duration.Input
}

export interface EmbeddedServer {
  /** With the password in it: not for logs. */
  readonly url: string
  /** Completes, with a description, when the server ended though nobody here stopped it. */
  readonly died: Effect.Effect<string>
}

/**
 * A PostgreSQL 18 server of our own, on 127.0.0.1, for as long as the scope is open. The kernel stops it (fast shutdown) when the
 * thread that started it dies, however it dies, so call this on the main thread of a process that lives as long as it is needed.
 * A server left over by a previous owner is never adopted: it is waited for.
 */
export const embeddedPostgres = (
  options: EmbeddedPostgresOptions,
): Effect.Effect<EmbeddedServer, EmbeddedPostgresError, Scope.Scope> =>
  Effect.gen(function* () {
    const place = placeOf(options.directory)
    const binaries = yield* attempt(() => prepare(place))
    const identity = yield* attempt(() => chooseIdentity(place.data, [binaries.initdb, place.data]))
    const initialized = () => initialize(place, binaries, identity)
    yield* attempt(() => (existsSync(place.data) ? initialized() : whileLocked(place.initializing, initialized)))
    const password = yield* attempt(() => readPassword(place))
    const started = yield* Effect.acquireRelease(
      start(options, place, binaries, identity),
      ({ child, exited }) => stop(child, exited),
      { interruptible: true },
    )
    return {
      url: urlOf(password, started.port),
      died: Effect.map(Deferred.await(started.exited), (how) => `the embedded database server ended: ${how}`),
    }
  })

/**
 * The URL of the server that another process runs on this directory; undefined when none does. It may end at any time: for
 * commands that ask something and are done.
 */
export const runningEmbeddedPostgres = (directory: string): Effect.Effect<string | undefined, EmbeddedPostgresError> =>
  attempt(async () => {
    const place = placeOf(directory)
    const port = await portOfRunning(place.data)
    return port === undefined ? undefined : urlOf(await readPassword(place), port)
  })

const urlOf = (password: string, port: number): string =>
  `postgresql://${userName}:${password}@127.0.0.1:${port}/postgres`

const userName = "stash"
const majorVersion = "18"

interface Place {
  readonly directory: string
  readonly data: string
  readonly unfinishedData: string
  readonly password: string
  readonly log: string
  readonly lock: string
  /** Held by whoever makes the cluster: a worker that starts for the first time, and a command beside it. */
  readonly initializing: string
  readonly libraryLinks: string
}

const placeOf = (directory: string): Place => {
  const root = resolve(directory)
  return {
    directory: root,
    data: join(root, "data"),
    unfinishedData: join(root, "data.unfinished"),
    password: join(root, "password"),
    log: join(root, "server.log"),
    lock: join(root, "server.lock"),
    initializing: join(root, "initdb.lock"),
    libraryLinks: join(root, "lib"),
  }
}

const prepare = async (place: Place): Promise<Binaries> => {
  for (const tool of ["setpriv", "flock"]) {
    if (!(process.env["PATH"] ?? "").split(":").some((directory) => existsSync(join(directory, tool)))) {
      throw new EmbeddedPostgresError({
        reason: "not_installed",
        message: `The embedded database server needs the program ${tool} (package util-linux). Install it, or set DATABASE_URL.`,
      })
    }
  }
  await mkdir(place.directory, { recursive: true })
  const log = await stat(place.log).catch(() => undefined)
  if (log !== undefined && log.size > 10 * 1024 * 1024) await rename(place.log, `${place.log}.1`)
  return findBinaries(place.libraryLinks)
}

/** Makes the database cluster beside its final place, so that one that was interrupted half-way is never taken for whole. */
const initialize = async (place: Place, binaries: Binaries, identity: Identity): Promise<void> => {
  if (existsSync(place.data)) {
    const version = (await readFile(join(place.data, "PG_VERSION"), "utf8").catch(() => "none")).trim()
    if (version === majorVersion) return
    throw new EmbeddedPostgresError({
      reason: "foreign_data",
      message:
        `${place.data} holds a database of PostgreSQL version ${version}; this is version ${majorVersion}. ` +
        "Carry it over with pg_dump and pg_restore, or choose another STASH_DATA_DIR.",
    })
  }
  await rm(place.unfinishedData, { recursive: true, force: true })
  await mkdir(place.unfinishedData, { mode: 0o700 })
  const password = randomBytes(24).toString("base64url")
  await rm(place.password, { force: true })
  await writeFile(place.password, password, { mode: 0o600 })
  const passwordForInitdb = join(place.directory, "initdb.password")
  await rm(passwordForInitdb, { force: true })
  await writeFile(passwordForInitdb, `${password}\n`, { mode: 0o600 })
  if (process.getuid?.() === 0) {
    await chown(place.unfinishedData, identity.uid, identity.gid)
    await chown(passwordForInitdb, identity.uid, identity.gid)
  }
  const initdb = [binaries.initdb, "-D", place.unfinishedData, "-U", userName, "-A", "scram-sha-256"]
  initdb.push("--pwfile", passwordForInitdb, "--encoding=UTF8", "--locale=C.UTF-8")
  await promisify(execFile)("setpriv", [...identity.setpriv, "--pdeathsig", "KILL", "--", ...initdb], {
    cwd: "/",
    env: { ...process.env, ...binaries.environment },
  })
    .catch((error) => {
      const output = `${error.stderr ?? ""}`.trim() || String(error)
      throw new EmbeddedPostgresError({ reason: "start_failed", message: `initdb failed: ${output}` })
    })
    .finally(() => rm(passwordForInitdb, { force: true }))
  await rename(place.unfinishedData, place.data)
}

const readPassword = (place: Place): Promise<string> =>
  readFile(place.password, "utf8").catch(() => {
    throw new EmbeddedPostgresError({
      reason: "foreign_data",
      message: `${place.password} is missing or unreadable, so nobody can log in to the database in ${place.data}. Restore it.`,
    })
  })

interface Started {
  readonly child: ChildProcess
  readonly port: number
  /** Completes when the process has ended, with how. */
  readonly exited: Deferred.Deferred<string>
}

/** flock(1) exits with this when another server holds the directory. */
const exitOfHeldLock = 75
const patience = { previousMillis: 20_000, startMillis: 120_000, stop: "10 seconds", quit: "5 seconds" } as const

const start = Effect.fn("start")(function* (
  options: EmbeddedPostgresOptions,
  place: Place,
  binaries: Binaries,
  identity: Identity,
) {
  const previousMillis = Duration.toMillis(options.waitForPrevious ?? patience.previousMillis)
  let waitedMillis = 0
  let lostPorts = 0
  for (;;) {
    yield* attempt(() => removeStalePidFile(place.data))
    const port = options.port ?? (yield* attempt(freePort))
    const { failure, launched } = yield* Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const process = yield* launch(options, place, binaries, identity, port)
        const ready = Effect.onInterrupt(restore(awaitReady(place, process)), () => stop(process.child, process.exited))
        return { launched: process, failure: yield* ready }
      }),
    )
    if (failure === undefined) return { ...launched, port } satisfies Started
    if (launched.child.exitCode === exitOfHeldLock && waitedMillis < previousMillis) {
      waitedMillis += 200
      yield* Effect.sleep(200)
      continue
    }
    if (launched.child.exitCode === exitOfHeldLock) {
      return yield* new EmbeddedPostgresError({
        reason: "in_use",
        message: `Another worker runs a database server on ${place.directory}. Stop it, or choose another STASH_DATA_DIR.`,
      })
    }
    if (options.port === undefined && /Address already in use/.test(failure) && lostPorts < 5) {
      lostPorts += 1
      continue
    }
    return yield* new EmbeddedPostgresError({
      reason: "start_failed",
      message: `The embedded database server did not start. The end of ${place.log}:\n${failure}`,
    })
  }
})

const launch = (options: EmbeddedPostgresOptions, place: Place, binaries: Binaries, identity: Identity, port: number) =>
  attempt(async () => {
    const settings: Record<string, string> = {
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      max_connections: "300",
      shared_buffers: "64MB",
      log_checkpoints: "off",
      ...options.settings,
    }
    const server = [binaries.postgres, "-D", place.data, "-p", String(port)]
    for (const [name, value] of Object.entries(settings)) server.push("-c", `${name}=${value}`)
    // The lock is on an open file that all processes of the server inherit: it is free when the last of them is gone.
    const lock = ["--nonblock", "--conflict-exit-code", String(exitOfHeldLock), "--no-fork", place.lock]
    // A parent that died before the death signal was set would never be noticed, hence the look at the parent's id.
    const guard = ["sh", "-c", '[ "$PPID" = "$0" ] && exec "$@"', String(process.pid)]
    const log = await open(place.log, "a", 0o600)
    const logStart = (await log.stat()).size
    const child = spawn(
      "flock",
      [...lock, "setpriv", ...identity.setpriv, "--pdeathsig", "INT", "--", ...guard, ...server],
      {
        cwd: "/",
        // Out of the terminal's process group: Ctrl-C is for the worker, which stops the server last.
        detached: true,
        stdio: ["ignore", log.fd, log.fd],
        env: { ...process.env, ...binaries.environment },
      },
    )
    const exited = Deferred.makeUnsafe<string>()
    const finish = (how: string) => Deferred.doneUnsafe(exited, Effect.succeed(how))
    child.once("exit", (code, signal) => finish(signal === null ? `exit code ${code}` : `signal ${signal}`))
    child.once("error", (error) => finish(error.message))
    await log.close()
    return { child, exited, logStart }
  })

/** Undefined when the server takes connections, else the end of its log. */
const awaitReady = (
  place: Place,
  launched: { readonly child: ChildProcess; readonly exited: Deferred.Deferred<string>; readonly logStart: number },
) =>
  Effect.gen(function* () {
    for (let waited = 0; waited < patience.startMillis; waited += 20) {
      if (yield* Deferred.isDone(launched.exited)) {
        const log = yield* attempt(() => readFile(place.log))
        return `${log.subarray(launched.logStart)}`.trim().slice(-2000)
      }
      const file = yield* attempt(() => readPidFile(place.data))
      if (file?.ready === true && file.pid === launched.child.pid) return undefined
      yield* Effect.sleep(20)
    }
    yield* stop(launched.child, launched.exited)
    return `not ready after ${patience.startMillis / 1000} seconds`
  })

/** SIGINT: end all sessions, write everything out, stop. SIGQUIT: stop at once, recover at the next start (postgres(1)). */
const stop = (child: ChildProcess, exited: Deferred.Deferred<string>) =>
  Effect.gen(function* () {
    child.kill("SIGINT")
    const stopped = yield* Effect.timeoutOption(Deferred.await(exited), patience.stop)
    if (stopped._tag === "Some") return
    child.kill("SIGQUIT")
    yield* Effect.timeoutOption(Deferred.await(exited), patience.quit)
  })

const freePort = () =>
  new Promise<number>((resolvePort, reject) => {
    const probe = createServer()
    probe.once("error", reject)
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address()
      probe.close(() => (address !== null && typeof address === "object" ? resolvePort(address.port) : reject()))
    })
  })

const attempt = <A>(work: () => Promise<A>): Effect.Effect<A, EmbeddedPostgresError> =>
  Effect.tryPromise({
    try: work,
    catch: (error) =>
      error instanceof EmbeddedPostgresError
        ? error
        : new EmbeddedPostgresError({ reason: "start_failed", message: String(error) }),
  })
