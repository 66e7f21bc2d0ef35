import { MessageChannel } from "node:worker_threads"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Stream } from "effect"
import { RpcClient, RpcServer } from "effect/rpc"
import { AccountError, AccountRpcs, type CycleEvent } from "./account-rpcs.ts"
import { type FramePort, makeFramePort } from "./frame.ts"
import { layerRpcClient, layerRpcServer } from "./rpc-protocol.ts"

const scanned: CycleEvent = { _tag: "SourceScanned", title: "t", messages: 1, sets: 1, ignored: 0 }

/** Two ends of a real message channel, as the warden's hop to its actor. */
const connectedPorts = Effect.acquireRelease(
  Effect.sync(() => {
    const { port1, port2 } = new MessageChannel()
    const malformed: Array<unknown> = []
    const make = (port: typeof port1): FramePort =>
      makeFramePort(
        (frame) => port.postMessage(frame),
        (listener) => port.on("message", listener),
        (message) => malformed.push(message),
      )
    return { near: make(port1), far: make(port2), raw: port2, malformed, close: () => port1.close() }
  }),
  ({ close }) => Effect.sync(close),
)

const connect = (handlers: Partial<{ settle: Effect.Effect<never, AccountError>; cycle: Stream.Stream<CycleEvent> }>) =>
  Effect.gen(function* () {
    const ports = yield* connectedPorts
    const answering = RpcServer.layer(AccountRpcs).pipe(
      Layer.provide(
        AccountRpcs.toLayer({
          Login: () => Stream.make({ _tag: "Ready", isPremium: true } as const),
          SubmitCode: () => Effect.void,
          SubmitPassword: () => Effect.void,
          Settle: () => handlers.settle ?? new AccountError({ who: "operator", message: "choose a destination" }),
          Drain: () => Effect.void,
          TakeUp: () => Effect.void,
          RunCycle: () => handlers.cycle ?? Stream.make(scanned, scanned),
        }),
      ),
      Layer.provide(layerRpcServer(ports.far, "commands")),
    )
    yield* Layer.build(answering)
    const context = yield* Layer.build(layerRpcClient(ports.near, "commands"))
    const account = yield* RpcClient.make(AccountRpcs).pipe(Effect.provideContext(context))
    return { account, ports }
  })

describe("the channel between supervisor and account", () => {
  it.live("carries a stream of typed events in order", () =>
    Effect.gen(function* () {
      const { account } = yield* connect({})
      assert.deepStrictEqual(yield* Stream.runCollect(account.RunCycle()), [scanned, scanned])
    }).pipe(Effect.scoped),
  )

  it.live("carries typed errors", () =>
    Effect.gen(function* () {
      const { account } = yield* connect({})
      const error = yield* Effect.flip(account.Settle())
      assert.instanceOf(error, AccountError)
      assert.include(error.message, "choose a destination")
    }).pipe(Effect.scoped),
  )

  it.live("interrupts the work at the other end", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const stopped = yield* Deferred.make<void>()
      const endless = Stream.fromEffect(
        Effect.andThen(Deferred.succeed(begun, undefined), Effect.never).pipe(
          Effect.onInterrupt(() => Deferred.succeed(stopped, undefined)),
        ),
      )
      const { account } = yield* connect({ cycle: endless })
      const fiber = yield* Effect.forkChild(Stream.runDrain(account.RunCycle()))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      yield* Effect.timeout(Deferred.await(stopped), "10 seconds")
    }).pipe(Effect.scoped),
  )

  it.live("reports a message that is no frame and goes on", () =>
    Effect.gen(function* () {
      const { account, ports } = yield* connect({})
      ports.raw.postMessage({ stream: "nonsense", body: 1 })
      ports.raw.postMessage(42)
      assert.lengthOf(yield* Stream.runCollect(account.RunCycle()), 2)
      assert.deepStrictEqual(ports.malformed, [{ stream: "nonsense", body: 1 }, 42])
    }).pipe(Effect.scoped),
  )
})
