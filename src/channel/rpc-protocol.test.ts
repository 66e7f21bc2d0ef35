import { MessageChannel } from "node:worker_threads"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber, Layer, Stream } from "effect"
import { RpcClient, RpcServer } from "effect/rpc"
import * as fc from "fast-check"
import { AccountError, AccountRpcs, type CycleEvent } from "./account-rpcs.ts"
import { type FramePort, type MalformedMessage, makeFramePort } from "./frame.ts"
import { FromClient } from "./rpc-envelope.ts"
import { layerRpcClient, layerRpcServer } from "./rpc-protocol.ts"

const scanned: CycleEvent = { _tag: "SourceScanned", title: "t", messages: 1, sets: 1, ignored: 0 }

/** Two ends of a real message channel, as the warden's hop to its actor. */
const connectedPorts = Effect.acquireRelease(
  Effect.sync(() => {
    const { port1, port2 } = new MessageChannel()
    const malformed: Array<MalformedMessage> = []
    const make = (port: typeof port1): FramePort =>
      makeFramePort(
        (frame) => port.postMessage(frame),
        (listener) => port.on("message", listener),
        (error) => malformed.push(error),
      )
    return { near: make(port1), far: make(port2), raw: port2, nearRaw: port1, malformed, close: () => port1.close() }
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
          AwaitSessionEnd: () => Effect.never,
          RenewCode: () => Effect.void,
          AskChat: () => Effect.die("not asked"),
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

const bodies = fc.oneof(
  fc.anything(),
  fc.record({ _tag: fc.constantFrom("Request", "Ack", "Interrupt", "Chunk", "Exit", "Pong"), id: fc.anything() }),
  fc.record({
    _tag: fc.constant("Request"),
    id: fc.string(),
    tag: fc.constantFrom("Settle", "SubmitCode", "nothing", "__proto__"),
    payload: fc.anything(),
    headers: fc.constant([]),
  }),
  fc.record({ _tag: fc.constantFrom("Ack", "Interrupt"), requestId: fc.oneof(fc.string(), fc.nat()) }),
)
/** What structured cloning lets through. */
const nonsense = fc
  .oneof(fc.anything(), fc.record({ stream: fc.constantFrom("commands", "warden", "x"), body: bodies }))
  .filter((value) => {
    try {
      structuredClone(value)
      return true
    } catch {
      return false
    }
  })

const surviveNonsense = (messages: ReadonlyArray<unknown>) =>
  Effect.gen(function* () {
    const { account, ports } = yield* connect({})
    for (const message of messages) {
      ports.raw.postMessage(message)
      ports.nearRaw.postMessage(message)
    }
    assert.deepStrictEqual(yield* Stream.runCollect(account.RunCycle()), [scanned, scanned])
  }).pipe(Effect.scoped)

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

  it.live("names the field of what is no message, and goes on", () =>
    Effect.gen(function* () {
      const { account, ports } = yield* connect({})
      ports.raw.postMessage({ stream: "nonsense", body: 1 })
      ports.raw.postMessage(42)
      ports.raw.postMessage({ stream: "commands", body: { _tag: "Chunk", requestId: {}, values: [1] } })
      assert.lengthOf(yield* Stream.runCollect(account.RunCycle()), 2)
      assert.deepStrictEqual(
        ports.malformed.map(({ message }) => message),
        [
          'a message on the stream ? is none: Expected "warden" | "commands" | "requests" | "log" | "measurements" at ["stream"]',
          "a message on the stream ? is none: Expected object",
          'a message on the stream commands is none: Expected string | number at ["requestId"]',
        ],
      )
    }).pipe(Effect.scoped),
  )

  it.live("fails a call alone whose answer is none of its kind, and names the field", () =>
    Effect.gen(function* () {
      const ports = yield* connectedPorts
      const context = yield* Layer.build(layerRpcClient(ports.near, "commands"))
      const account = yield* RpcClient.make(AccountRpcs).pipe(Effect.provideContext(context))
      ports.far.listen("commands", FromClient, (message) => {
        if (message._tag !== "Request") return
        const exit = { _tag: "Success", value: message.tag === "Settle" ? { adopted: "many" } : null }
        ports.far.post({ stream: "commands", body: { _tag: "Exit", requestId: message.id, exit } })
      })
      const failure = yield* Effect.exit(account.Settle())
      assert.isTrue(Exit.isFailure(failure) && Cause.pretty(failure.cause).includes('["adopted"]'))
      yield* account.Drain({ interrupts: false })
    }).pipe(Effect.scoped),
  )

  it("is not harmed by anything that comes at either end", () =>
    fc.assert(
      fc.asyncProperty(fc.array(nonsense, { minLength: 1, maxLength: 20 }), (messages) =>
        Effect.runPromise(surviveNonsense(messages)),
      ),
      { numRuns: 200 },
    ))
})
