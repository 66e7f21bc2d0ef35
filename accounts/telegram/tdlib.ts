import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { getTdjson } from "prebuilt-tdlib"
import * as tdl from "tdl"
import type * as Td from "tdlib-types"
import type { TelegramProxy } from "../../src/channel/proxy.ts"
import type { SandboxEndpoint } from "../../src/channel/warden-messages.ts"
import { logEvent } from "../../src/log-line.ts"
import { databaseKey, isWrongKey, openWithOtherKey } from "./database-key.ts"
import { askedToWait } from "./flood-log.ts"
import { proxyRequest } from "./proxy-request.ts"
import { requirePatchedLibrary, type UnpatchedLibrary } from "./sandbox-guard.ts"
import { type TelegramError, telegramError, timedOut } from "./telegram-error.ts"
import { privateWaits, throughGate, type Waits } from "./waits.ts"

export interface TdlibOptions {
  readonly directory: string
  readonly apiId: number
  readonly apiHash: string
  readonly sandbox: SandboxEndpoint | null
  readonly proxy?: TelegramProxy | null
  /** The first is the one in use, the others were before it; none: the databases are not encrypted. */
  readonly databaseKeys?: ReadonlyArray<string>
  readonly deviceName?: string
  /** The account's waits, which TDLib's log adds to; left out: none but those of this TDLib's own answers. */
  readonly waits?: Waits
}

type Request<N extends Td.$FunctionName> = { readonly _: N } & Td.$FunctionInputByName[N]

/** The one TDLib instance of this account. Everything that talks to Telegram goes through here. */
export class Tdlib extends Context.Service<
  Tdlib,
  {
    /**
     * Calls TDLib, once no wait of Telegram's forbids it; waits of up to a minute are sat out here, those of a login
     * excepted. Fails after `timeoutSeconds` (default 60) without an answer, and with kind `flood` when Telegram has asked
     * for a longer wait.
     */
    readonly invoke: <N extends Td.$FunctionName>(
      request: Request<N>,
      timeoutSeconds?: number,
    ) => Effect.Effect<Td.$FunctionResultByName[N], TelegramError>
    /** Lets `listener` hear all updates from now on, for as long as the scope lives. */
    readonly onUpdate: (listener: (update: Td.Update) => void) => Effect.Effect<void, never, Scope.Scope>
    /** Ends the offline start: packets leave from here on. */
    readonly goOnline: Effect.Effect<void, TelegramError>
    /** Why a transfer was stopped, if TDLib was asked to wait. */
    readonly explain: Waits["explain"]
  }
>()("accounts/telegram/Tdlib") {
  /**
   * Opens TDLib with the network off and closes it, orderly, with the scope. `listeners` hear every update from the
   * first one: a send that TDLib repeats after a crash can be confirmed before anything else happens.
   */
  static readonly layer = (
    options: TdlibOptions,
    listeners: ReadonlyArray<(update: Td.Update) => void> = [],
  ): Layer.Layer<Tdlib, TelegramError | UnpatchedLibrary> => Layer.effect(Tdlib, open(options, listeners))
}

const parametersOf = (options: TdlibOptions, key: string): Request<"setTdlibParameters"> => ({
  _: "setTdlibParameters",
  database_encryption_key: key,
  database_directory: `${options.directory}/db`,
  files_directory: `${options.directory}/files`,
  api_id: options.apiId,
  api_hash: options.apiHash,
  // The message database keeps unsent messages over a restart, the file database half-sent files (facts, "Crashes").
  use_message_database: true,
  use_file_database: true,
  use_chat_info_database: true,
  use_secret_chats: false,
  system_language_code: "en",
  device_model: options.deviceName ?? "Dragon's Stash worker",
  application_version: "0.1.0",
})

/** TDLib tells of its own waits as warnings in its log alone. */
const WARNINGS = 2
const ERRORS = 1

/** How long TDLib's silence may last until tdl asks it again: that wakes two threads, for nothing. */
const RECEIVE_TIMEOUT_SECONDS = 60

/** tdl loads one library per process, at the first client, and keeps it; so does TDLib with what hears its log. */
let loadedLibrary: string | undefined
const useLibrary = (library: string, waits: Waits | undefined): void => {
  if (loadedLibrary !== library)
    tdl.configure({
      tdjson: library,
      verbosityLevel: waits === undefined ? ERRORS : WARNINGS,
      receiveTimeout: RECEIVE_TIMEOUT_SECONDS,
    })
  loadedLibrary = library
  if (waits === undefined) return
  tdl.setLogMessageCallback(WARNINGS, (_, line) => {
    const asked = askedToWait(line)
    if (asked !== undefined) waits.note(asked)
  })
}

/** What reads TDLib's own database needs no leave of Telegram's. */
const isLocal = (request: { readonly _: string }): boolean => "only_local" in request && request.only_local === true

const open = Effect.fn("Tdlib.open")(function* (
  options: TdlibOptions,
  firstListeners: ReadonlyArray<(update: Td.Update) => void>,
) {
  if (options.sandbox !== null) yield* requirePatchedLibrary(options.sandbox.library)
  const listeners = new Set(firstListeners)
  const context = yield* Effect.context()
  const waits = options.waits ?? (yield* privateWaits)

  const client = yield* Effect.acquireRelease(
    Effect.sync(() => {
      useLibrary(options.sandbox?.library ?? getTdjson(), options.waits)
      const bare = tdl.createBareClient()
      bare.on("update", (update) => {
        for (const listener of listeners) listener(update)
      })
      bare.on("error", (error) =>
        Effect.runForkWith(context)(logEvent.error("tdlib.error", "TDLib raised an error", { error: String(error) })),
      )
      return bare
    }),
    (opened) =>
      Effect.promise(() => (opened.isClosed() ? Promise.resolve() : opened.close())).pipe(
        Effect.timeoutOption("20 seconds"),
        Effect.ignore,
      ),
  )

  const call = <N extends Td.$FunctionName>(request: Request<N>, timeoutSeconds: number) =>
    Effect.tryPromise({
      try: () => (client.invoke as (query: Request<N>) => Promise<Td.$FunctionResultByName[N]>)(request),
      catch: (error) => telegramError(request._, error as { code?: number; message: string }),
    }).pipe(
      Effect.timeoutOrElse({
        duration: `${timeoutSeconds} seconds`,
        orElse: () => Effect.fail(timedOut(request._, timeoutSeconds)),
      }),
    )
  const invoke = <N extends Td.$FunctionName>(request: Request<N>, timeoutSeconds = 60) =>
    isLocal(request) ? call(request, timeoutSeconds) : throughGate(waits, request._, call(request, timeoutSeconds))

  const proxy = proxyRequest(options)
  const [key = "", ...formerKeys] = (options.databaseKeys ?? []).map(databaseKey)
  // The order is the safety: with the network off nothing is dialled before the proxy is known (facts, "Loopback only").
  yield* Effect.all(
    [
      invoke({ _: "setNetworkType", type: { _: "networkTypeNone" } }),
      // One of an earlier life would be used otherwise.
      proxy === undefined ? invoke({ _: "disableProxy" }) : invoke(proxy),
      invoke(parametersOf(options, key)),
    ],
    { concurrency: "unbounded", discard: true },
  ).pipe(
    Effect.catchIf(isWrongKey, (error) =>
      openWithOtherKey(
        (other) => invoke(parametersOf(options, other)),
        // A database that had no key yet is encrypted from now on.
        key === "" ? formerKeys : [...formerKeys, ""],
        error,
      ).pipe(Effect.andThen(invoke({ _: "setDatabaseEncryptionKey", new_encryption_key: key }))),
    ),
  )

  return Tdlib.of({
    invoke,
    explain: waits.explain,
    onUpdate: (listener) =>
      Effect.acquireRelease(
        Effect.sync(() => void listeners.add(listener)),
        () => Effect.sync(() => listeners.delete(listener)),
      ),
    goOnline: Effect.asVoid(invoke({ _: "setNetworkType", type: { _: "networkTypeOther" } })),
  })
})
