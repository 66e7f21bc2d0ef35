import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { getTdjson } from "prebuilt-tdlib"
import * as tdl from "tdl"
import type * as Td from "tdlib-types"
import type { SandboxEndpoint } from "../../src/channel/warden-messages.ts"
import { logEvent } from "../../src/log-line.ts"
import { requirePatchedLibrary, type UnpatchedLibrary } from "./sandbox-guard.ts"
import { type TelegramError, telegramError, timedOut } from "./telegram-error.ts"

export interface TdlibOptions {
  readonly directory: string
  readonly apiId: number
  readonly apiHash: string
  readonly sandbox: SandboxEndpoint | null
}

type Request<N extends Td.$FunctionName> = { readonly _: N } & Td.$FunctionInputByName[N]

/** The one TDLib instance of this account. Everything that talks to Telegram goes through here. */
export class Tdlib extends Context.Service<
  Tdlib,
  {
    /** Calls TDLib. Fails after `timeoutSeconds` (default 60) without an answer. */
    readonly invoke: <N extends Td.$FunctionName>(
      request: Request<N>,
      timeoutSeconds?: number,
    ) => Effect.Effect<Td.$FunctionResultByName[N], TelegramError>
    /** Registers a listener for all updates from now on; returns the function that removes it. */
    readonly onUpdate: (listener: (update: Td.Update) => void) => () => void
    /** Ends the offline start: packets leave from here on. */
    readonly goOnline: Effect.Effect<void, TelegramError>
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

const proxyOf = (endpoint: SandboxEndpoint): Request<"addProxy"> => ({
  _: "addProxy",
  proxy: {
    _: "proxy",
    server: endpoint.host,
    port: endpoint.port,
    type: { _: "proxyTypeSocks5", username: "", password: "" },
  },
  enable: true,
})

const parametersOf = (options: TdlibOptions): Request<"setTdlibParameters"> => ({
  _: "setTdlibParameters",
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
  device_model: "Dragon's Stash worker",
  application_version: "0.1.0",
})

/** tdl loads one library per process, at the first client, and keeps it. */
let loadedLibrary: string | undefined
const useLibrary = (library: string): void => {
  if (loadedLibrary === library) return
  tdl.configure({ tdjson: library, verbosityLevel: 1 })
  loadedLibrary = library
}

const open = Effect.fn("Tdlib.open")(function* (
  options: TdlibOptions,
  firstListeners: ReadonlyArray<(update: Td.Update) => void>,
) {
  if (options.sandbox !== null) yield* requirePatchedLibrary(options.sandbox.library)
  const listeners = new Set(firstListeners)
  const context = yield* Effect.context()

  const client = yield* Effect.acquireRelease(
    Effect.sync(() => {
      useLibrary(options.sandbox?.library ?? getTdjson())
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

  const invoke = <N extends Td.$FunctionName>(request: Request<N>, timeoutSeconds = 60) =>
    Effect.tryPromise({
      try: () => (client.invoke as (query: Request<N>) => Promise<Td.$FunctionResultByName[N]>)(request),
      catch: (error) => telegramError(request._, error as { code?: number; message: string }),
    }).pipe(
      Effect.timeoutOrElse({
        duration: `${timeoutSeconds} seconds`,
        orElse: () => Effect.fail(timedOut(request._, timeoutSeconds)),
      }),
    )

  // The order is the safety: with the network off nothing is dialled before the proxy is known (facts, "Loopback only").
  yield* Effect.all(
    [
      invoke({ _: "setNetworkType", type: { _: "networkTypeNone" } }),
      ...(options.sandbox === null ? [] : [invoke(proxyOf(options.sandbox))]),
      invoke(parametersOf(options)),
    ],
    { concurrency: "unbounded", discard: true },
  )

  return Tdlib.of({
    invoke,
    onUpdate: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    goOnline: Effect.asVoid(invoke({ _: "setNetworkType", type: { _: "networkTypeOther" } })),
  })
})
