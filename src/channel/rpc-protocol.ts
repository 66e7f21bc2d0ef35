import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as RpcClient from "effect/rpc/RpcClient"
import * as RpcServer from "effect/rpc/RpcServer"
import * as Schema from "effect/Schema"
import type { Frame, FramePort } from "./frame.ts"
import { FromClient, FromServer } from "./rpc-envelope.ts"

/**
 * Effect RPC over a {@link FramePort}. Our own transport instead of the library's worker one, because that one respawns
 * a dead worker by itself and waits a fixed five seconds to close (facts: a cell's life belongs to the restart policy).
 */

const onlyClient = 0

/** Messages of `stream` in order, handled one at a time. The queue is bounded by the acks of RPC streams. */
const receive = Effect.fn("receive")(function* <M>(
  port: FramePort,
  stream: Frame["stream"],
  schema: Schema.Codec<M, unknown>,
  handle: (message: M) => Effect.Effect<void>,
) {
  const queue = yield* Queue.unbounded<M>()
  yield* Effect.acquireRelease(
    Effect.sync(() => port.listen(stream, schema, (message) => Queue.offerUnsafe(queue, message))),
    (stop) => Effect.sync(stop),
  )
  yield* Queue.take(queue).pipe(Effect.flatMap(handle), Effect.forever, Effect.forkScoped)
})

/** The calling end of `stream`. */
export const layerRpcClient = (port: FramePort, stream: Frame["stream"]): Layer.Layer<RpcClient.Protocol> =>
  Layer.effect(
    RpcClient.Protocol,
    RpcClient.Protocol.make(
      Effect.fnUntraced(function* (writeResponse, clientIds) {
        yield* receive(port, stream, FromServer, (response) =>
          Effect.forEach(clientIds, (id) => writeResponse(id, response), { discard: true }),
        )
        return {
          send: (_, request) => Effect.sync(() => port.post({ stream, body: request })),
          supportsAck: true,
          supportsTransferables: false,
          codecFor: Schema.toCodecJson as RpcClient.Protocol["Service"]["codecFor"],
        }
      }),
    ),
  )

/** The answering end of `stream`. */
export const layerRpcServer = (port: FramePort, stream: Frame["stream"]): Layer.Layer<RpcServer.Protocol> =>
  Layer.effect(
    RpcServer.Protocol,
    RpcServer.Protocol.make(
      Effect.fnUntraced(function* (writeRequest) {
        yield* receive(port, stream, FromClient, (request) => writeRequest(onlyClient, request))
        return {
          disconnects: yield* Queue.make<number>(),
          send: (_, response) => Effect.sync(() => port.post({ stream, body: response })),
          end: () => Effect.void,
          clientIds: Effect.succeed(new Set([onlyClient])),
          initialMessage: Effect.succeed(Option.none<unknown>()),
          supportsAck: true,
          supportsTransferables: false,
          supportsSpanPropagation: true,
          supportsNotifications: true,
          codecFor: Schema.toCodecJson as RpcServer.Protocol["Service"]["codecFor"],
        }
      }),
    ),
  )
