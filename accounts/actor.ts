/**
 * The worker thread of an account cell: this account's only TDLib instance and its ingest loop. It answers the
 * supervisor's commands and dies by report: everything that goes wrong is told to the warden, which ends the process.
 */
import { flushCompileCache } from "node:module"
import { parentPort, workerData } from "node:worker_threads"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as RpcServer from "effect/rpc/RpcServer"
import * as Schema from "effect/Schema"
import { Database } from "../db/database.ts"
import { LockSession } from "../db/lock-session.ts"
import { AccountRpcs } from "../src/channel/account-rpcs.ts"
import { type FramePort, makeFramePort } from "../src/channel/frame.ts"
import { malformedLine } from "../src/channel/malformed-line.ts"
import { layerRpcClient, layerRpcServer } from "../src/channel/rpc-protocol.ts"
import { ActorOrder, type ActorReport, CellConfig } from "../src/channel/warden-messages.ts"
import { FaultPoints, faultPointsIn } from "../src/fault-point.ts"
import { lineLogger } from "../src/log-line.ts"
import { AccountConfig } from "./account-config.ts"
import { ACTOR_BEAT_SECONDS } from "./actor-watch.ts"
import { layerCommands } from "./commands.ts"
import { Drain } from "./ingest/drain.ts"
import { Places } from "./ingest/places.ts"
import { Posts } from "./ingest/posts.ts"
import { Meter, makeMeter } from "./meter.ts"
import { sufferFaults } from "./suffer-faults.ts"
import { Supervisor } from "./supervisor-client.ts"
import { makeAccountWaits } from "./telegram/account-waits.ts"
import { makeAuthorizationStates } from "./telegram/login.ts"
import { makeSendOutcomes } from "./telegram/send.ts"
import { Tdlib } from "./telegram/tdlib.ts"
import { watchTdlib } from "./telegram/tdlib-watch.ts"
import { makeTransferMeter } from "./telegram/transfer-meter.ts"
import { makeStoredUploadLimit } from "./telegram/upload-limit.ts"

const parent = parentPort
if (parent === null) throw new Error("actor.ts runs in the worker thread of an account cell only")

const port: FramePort = makeFramePort(
  (frame) => parent.postMessage(frame),
  (listener) => parent.on("message", listener),
  (error) => port.post({ stream: "log", body: malformedLine("the warden", error) }),
)
const report = (body: ActorReport): void => port.post({ stream: "warden", body })

/** What the warden has started this thread with: a {@link CellConfig}, and the counter of its beats. */
const { beats, config: startedWith } = workerData as { readonly beats: Int32Array; readonly config: unknown }
setInterval(() => Atomics.add(beats, 0, 1), ACTOR_BEAT_SECONDS * 1_000)

const fail = (message: string): void => report({ _tag: "Ended", reason: { _tag: "Failed", message } })
process.on("uncaughtException", (error) => fail(`uncaught in the actor: ${error.stack}`))
process.on("unhandledRejection", (error) => fail(`unhandled in the actor: ${error}`))

const levels = { trace: "Trace", debug: "Debug", info: "Info", warn: "Warn", error: "Error", fatal: "Fatal" } as const

/** This account's TDLib, and what hears it from its first update on. */
const layerTelegram = (config: CellConfig) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const authorization = yield* makeAuthorizationStates
      const { listener, waits } = yield* makeAccountWaits(config.accountId)
      const limit = yield* makeStoredUploadLimit(config.accountId, config.maxPartBytes)
      const sends = makeSendOutcomes()
      const transfers = makeTransferMeter((yield* Meter).note)
      return Layer.mergeAll(
        authorization.layer,
        limit.layer,
        sends.layer,
        Tdlib.layer(
          {
            directory: config.tdlibDirectory,
            apiId: config.apiId,
            apiHash: config.apiHash,
            sandbox: config.sandbox,
            proxy: config.proxy,
            databaseKeys: config.databaseKeys,
            deviceName: config.deviceName,
            waits,
          },
          [authorization.listener, sends.listener, limit.listener, transfers.listener, listener],
        ),
      )
    }),
  )

const layerOf = (config: CellConfig) => {
  const applicationName = `stash:${config.accountId}`
  return RpcServer.layer(AccountRpcs).pipe(
    Layer.provide(layerCommands),
    Layer.merge(Layer.effectDiscard(watchTdlib(fail))),
    Layer.merge(
      config.faultDirectory === null ? Layer.empty : Layer.effectDiscard(sufferFaults(config.faultDirectory)),
    ),
    Layer.provide(Places.layer),
    Layer.provide(layerTelegram(config)),
    Layer.provide(Posts.layer),
    Layer.provide(Drain.layer),
    Layer.provide(Layer.succeed(AccountConfig, config)),
    Layer.provide(Supervisor.layer.pipe(Layer.provide(layerRpcClient(port, "requests")))),
    Layer.provide(LockSession.layer({ url: config.databaseUrl, applicationName: `lock:${config.accountId}` })),
    Layer.provide(Database.layer({ url: config.databaseUrl, max: 3, applicationName })),
    Layer.provide(layerRpcServer(port, "commands")),
    Layer.provide(
      Layer.effect(
        Meter,
        makeMeter((body) => port.post({ stream: "measurements", body })),
      ),
    ),
  )
}

/** The exporter is loaded only where it is wanted: it takes memory of every cell. */
const layerTracing = ({ accountId, traces }: CellConfig) =>
  traces === null
    ? Layer.empty
    : Layer.unwrap(
        Effect.map(
          Effect.promise(() => import("../src/tracing.ts")),
          ({ layerTraces }) => layerTraces(traces, accountId),
        ),
      )

const life = Effect.gen(function* () {
  const config = yield* Schema.decodeUnknownEffect(CellConfig)(startedWith)
  const logging = Layer.merge(
    Logger.layer([lineLogger((line) => port.post({ stream: "log", body: line }))]),
    Layer.succeed(References.MinimumLogLevel, levels[config.logLevel]),
  ).pipe(Layer.merge(layerTracing(config)))
  yield* Layer.build(layerOf(config)).pipe(
    Effect.andThen(Effect.sync(() => report({ _tag: "Ready" }))),
    // Node writes its cache at an exit, and a cell has none.
    Effect.andThen(Effect.sync(flushCompileCache)),
    Effect.andThen(Effect.never),
    Effect.annotateLogs({ account: config.accountId }),
    Effect.scoped,
    Effect.provide(logging),
    config.faultDirectory === null
      ? identity
      : Effect.provideService(FaultPoints, faultPointsIn(config.faultDirectory)),
  )
})

const fiber = Effect.runFork(life)
fiber.addObserver((exit) => {
  if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)) fail(Cause.pretty(exit.cause))
  else report({ _tag: "Ended", reason: { _tag: "Closed" } })
})
port.listen("warden", ActorOrder, () => Effect.runFork(Fiber.interrupt(fiber)))
