import { createPublicKey } from "node:crypto"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { CallLog } from "./call-log.ts"
import { startControl } from "./control/server.ts"
import { type SandboxCounters, Tally } from "./counters.ts"
import { Faults } from "./faults/fault-registry.ts"
import { type Happening, Happenings } from "./faults/happenings.ts"
import { Links } from "./faults/links.ts"
import type { WaitCondition } from "./faults/wait-condition.ts"
import { patchedLibrary } from "./library.ts"
import { Accounts } from "./methods/accounts.ts"
import { allMethods } from "./methods/all-methods.ts"
import { Announcements } from "./methods/announcements.ts"
import { Dispatcher } from "./methods/dispatcher.ts"
import { type PageSettings, Pages } from "./methods/pages.ts"
import { rsaFingerprint } from "./protocol/auth-key.ts"
import type { ServerLimits } from "./protocol/limits.ts"
import { MtprotoServer } from "./protocol/server.ts"
import { readState, type SandboxState } from "./sandbox-state.ts"
import { Speeds } from "./speeds/speeds.ts"
import { DEFAULT_CODE } from "./state/build.ts"
import { type KeepUploads, openPersistentTelegram, openTemporaryTelegram } from "./state/open.ts"
import { loadWorld, type World } from "./world.ts"

export { SandboxCounters } from "./counters.ts"
export { Fault, FaultRule } from "./faults/fault-rule.ts"
export { Happening, WaitTimeout } from "./faults/happenings.ts"
export { LinkRule } from "./faults/links.ts"
export { WaitCondition } from "./faults/wait-condition.ts"
export { LibraryPatchError, type PatchedLibrary, patchedLibrary } from "./library.ts"
export { type SandboxProxy, sandboxProxy } from "./proxy.ts"
export { SandboxState } from "./sandbox-state.ts"
export { JournalError } from "./state/journal.ts"
export { World, WorldError } from "./world.ts"

/**
 * A local Telegram that the real TDLib logs in to: an MTProto server on loopback, with a world of accounts and channels.
 * Nothing in it needs the internet or real credentials.
 */
export interface SandboxOptions {
  /** The world, or the path of a JSON file with one. */
  readonly world: World | string
  /** Where everything that happens is kept, so that it is there again after a restart. Without it, all is forgotten at close. */
  readonly stateDirectory?: string
  /** Where the patched TDLib and its key are kept; DIR/dragons-stash-sandbox-UID in the system's temporary directory otherwise. */
  readonly libraryDirectory?: string
  /** Where Telegram listens on 127.0.0.1; 0 or nothing for any free port. */
  readonly telegramPort?: number
  /** Where the control interface listens on 127.0.0.1; 0 or nothing for any free port. */
  readonly controlPort?: number
  /** How many messages a history or search answer holds at most, to see how a client copes with short pages; 100 otherwise. */
  readonly pageLimit?: number
  /** How full the pages of histories and searches are: pageLimit, and pages that are short at random. */
  readonly pages?: PageSettings
  /**
   * What is kept of uploads: "disk", all of it; "digest", size, SHA-256, the first 512 KiB and the last 128 KiB, so that
   * uploads of any size need no disk, but cannot be downloaded again. "disk" otherwise.
   */
  readonly keepUploads?: KeepUploads
  /** What clients may take of this server; room for a hundred accounts otherwise. */
  readonly limits?: Partial<ServerLimits>
}

/** What a TDLib program needs to use the sandbox instead of Telegram. */
export interface Endpoint {
  readonly host: "127.0.0.1"
  /** A SOCKS5 proxy that leads to the sandbox wherever the client wants to go. */
  readonly port: number
  /** The patched libtdjson.so; no other one can talk to the sandbox. */
  readonly library: string
  /** The server's RSA key as PKCS#1 PEM, for clients of other libraries to trust. */
  readonly publicKey: string
  /** The first account's login code. */
  readonly loginCode: string
}

export interface Sandbox extends AsyncDisposable {
  /** The base URL of the control interface. */
  readonly controlUrl: string
  readonly endpoint: Endpoint
  /** What is in this Telegram now. Blocks while digests of large files are computed for the first time. */
  state(): SandboxState
  counters(): SandboxCounters
  /** The last calls and what became of them. */
  readonly log: Pick<CallLog, "read">
  /** Changes every server salt now; the ones before are accepted for so many seconds more, 1800 unless said otherwise. */
  rotateSalts(overlap?: number): void
  /** What goes wrong from now on. */
  readonly faults: Faults
  /** How slow connections are from now on, or that nothing passes on them. */
  readonly links: Links
  /** How many bytes per second accounts may upload and download from now on. */
  readonly speeds: Speeds
  /**
   * Waits until something has happened; rejects with WaitTimeout after so many milliseconds, 30,000 unless said
   * otherwise.
   */
  wait(condition: WaitCondition, milliseconds?: number): Promise<Happening>
  /** Drops every connection, forgets every session, and listens again after so many milliseconds; the state stays. */
  restart(milliseconds?: number): Promise<void>
  /** Copies the state to a new directory, for another sandbox with the same world to start with. */
  save(directory: string): Promise<void>
  /** Closes every connection and releases everything; safe to call again. */
  close(): Promise<void>
}

/** One cache for each user of the machine, because it holds a private key. */
const defaultLibraryDirectory = (): string => join(tmpdir(), `dragons-stash-sandbox-${process.getuid?.() ?? "user"}`)

/** Closes what was opened, the last first. */
const closeAll = async (closers: (() => Promise<void>)[]): Promise<void> => {
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close()
}

/**
 * Starts a sandbox. Rejects with WorldError for a world with mistakes, JournalError for a state directory that cannot be
 * used, LibraryPatchError when TDLib cannot be patched, and the system's error when a port is taken.
 */
export const startSandbox = async (options: SandboxOptions): Promise<Sandbox> => {
  const loaded = loadWorld(options.world)
  const library = await patchedLibrary(options.libraryDirectory ?? defaultLibraryDirectory())
  const closers: (() => Promise<void>)[] = []
  try {
    const { keepUploads = "disk" } = options
    const { telegram, close, save } =
      options.stateDirectory === undefined
        ? await openTemporaryTelegram(loaded, keepUploads)
        : await openPersistentTelegram(loaded, options.stateDirectory, keepUploads)
    closers.push(close)

    const tally = new Tally()
    const counters = () =>
      tally.read({
        connections: server.connectionCount,
        sessions: server.sessionCount,
        faults: faults.list().length,
      })
    const announcements = new Announcements(telegram, (message) => server.push(message))
    const pages = new Pages(options.pages ?? (options.pageLimit === undefined ? {} : { limit: options.pageLimit }))
    let telegramPort = 0
    const accounts = new Accounts(telegram, (message) => server.push(message))
    const methods = allMethods(telegram, announcements, accounts, {
      telegramPort: () => telegramPort,
      pages,
    })
    const happenings = new Happenings({
      counters,
      state: telegram,
      connections: () => server.connectionCount,
      fault: (id) => faults.get(id),
    })
    const faults = new Faults({
      restart: (milliseconds) => void server.restart(milliseconds),
      struck: () => happenings.changed(),
    })
    const links = new Links()
    const log = new CallLog()
    const speeds = new Speeds()
    const { free = {}, premium = {} } = loaded.world.speed ?? {}
    speeds.set({ premium: false, ...free })
    speeds.set({ premium: true, ...premium })
    for (const { phone, speed } of loaded.world.accounts)
      if (speed !== undefined) speeds.set({ account: phone, ...speed })
    for (const rule of loaded.world.faults ?? []) faults.add(rule)
    const dispatcher = new Dispatcher(telegram, tally, methods, [faults.interceptor, speeds.interceptor], {
      received: (call) => {
        log.received(call)
        happenings.received(call)
      },
      answered: (call, error) => {
        log.answered(call, error)
        happenings.answered(call, error)
      },
    })
    telegram.onChange(() => happenings.changed())
    closers.push(async () => happenings.close())
    const server: MtprotoServer = new MtprotoServer({
      identity: { privateKey: library.privateKey, fingerprint: rsaFingerprint(library.privateKey) },
      salts: telegram.salts,
      authKey: (id) => telegram.authKey(id),
      addAuthKey: (authKey) => {
        tally.handshake()
        telegram.addAuthKey(authKey)
      },
      removeAuthKey: (authKey) => telegram.removeAuthKey(authKey),
      query: (session, messageId, body) => dispatcher.query(session, messageId, body),
      violation: (violation) => tally.violation(violation),
      saltRefused: () => tally.saltRefused(),
      traffic: (received, sent) => tally.traffic(received, sent),
      link: (authKey) => links.shapeOf(authKey === undefined ? undefined : telegram.accountOf(authKey)?.phone),
      connections: () => happenings.changed(),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    })
    telegramPort = await server.listen(options.telegramPort ?? 0)
    closers.push(() => server.close())

    const endpoint: Endpoint = {
      host: "127.0.0.1",
      port: telegramPort,
      library: library.path,
      publicKey: createPublicKey(library.privateKey).export({ type: "pkcs1", format: "pem" }).toString(),
      loginCode: loaded.world.accounts[0]?.code ?? DEFAULT_CODE,
    }
    const control = await startControl(
      {
        endpoint,
        telegram,
        announcements,
        accounts,
        pages,
        directory: loaded.directory,
        counters,
        log,
        faults,
        links,
        speeds,
        happenings,
        restart: (milliseconds) => server.restart(milliseconds),
        save,
      },
      options.controlPort ?? 0,
    )
    closers.push(control.close)

    let closing: Promise<void> | undefined
    const closeOnce = (): Promise<void> => {
      closing ??= closeAll(closers)
      return closing
    }
    return {
      controlUrl: control.url,
      endpoint,
      state: () => readState(telegram),
      counters,
      log,
      rotateSalts: (overlap) => telegram.rotateSalts(overlap),
      faults,
      links,
      speeds,
      wait: (condition, milliseconds) => happenings.wait(condition, milliseconds),
      restart: (milliseconds = 0) => server.restart(milliseconds),
      save,
      close: closeOnce,
      [Symbol.asyncDispose]: closeOnce,
    }
  } catch (error) {
    await closeAll(closers)
    throw error
  }
}
