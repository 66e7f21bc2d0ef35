import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { MessageChannel } from "node:worker_threads"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Exit, Layer, Scope, Stream } from "effect"
import { RpcClient } from "effect/rpc"
import { afterAll } from "vitest"
import { makeFramePort } from "../channel/frame.ts"
import { layerRpcClient, layerRpcServer } from "../channel/rpc-protocol.ts"
import { SupervisorRpcs } from "../channel/supervisor-rpcs.ts"
import { CpuPool } from "../cpu/pool.ts"
import { Bandwidth } from "./bandwidth.ts"
import { layerCellRequests } from "./cell-requests.ts"
import { StatusBoard } from "./status-board.ts"
import { Timetable } from "./timetable.ts"
import { Wake } from "./wake.ts"

const unlimited = Bandwidth.layer({ down: undefined, up: undefined }).pipe(
  Layer.provide(Timetable.layer({ quietHours: undefined, zone: DateTime.zoneMakeNamedUnsafe("UTC") })),
)

const scratch = mkdtempSync(join(tmpdir(), "cell-requests-"))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** A file that takes no room on the disk and hours to read. */
const endless = join(scratch, "endless")
writeFileSync(endless, "")
truncateSync(endless, 2 ** 40)

const portOf = (port: MessageChannel["port1"]) =>
  makeFramePort(
    (frame) => port.postMessage(frame),
    (listener) => port.on("message", listener),
    () => assert.fail("a malformed frame"),
  )

describe("the CPU requests of an account", () => {
  it.live("are dropped, running and waiting ones, when its cell is gone", () =>
    Effect.gen(function* () {
      const pool = yield* CpuPool
      const { port1, port2 } = yield* Effect.acquireRelease(
        Effect.sync(() => new MessageChannel()),
        (channel) => Effect.sync(() => channel.port1.close()),
      )
      const cell = yield* Scope.make()
      yield* Layer.build(
        layerCellRequests("account").pipe(Layer.provide(layerRpcServer(portOf(port2), "requests"))),
      ).pipe(Scope.provide(cell))
      const context = yield* Layer.build(layerRpcClient(portOf(port1), "requests"))
      const calls = yield* RpcClient.make(SupervisorRpcs).pipe(Effect.provideContext(context))
      const job = { volumes: [{ path: endless, pieceBytes: null }], listTar: false }
      yield* Effect.forEach([1, 2, 3], () => Effect.forkScoped(Stream.runDrain(calls.Digest(job))))
      const until = (queued: number, running: number) =>
        Effect.repeat(Effect.andThen(Effect.sleep("5 millis"), pool.stats), {
          until: (stats) => stats.queued === queued && stats.running === running,
        })
      yield* until(2, 1)
      yield* Scope.close(cell, Exit.void)
      yield* until(0, 0)
    }).pipe(Effect.scoped, Effect.provide([CpuPool.layer({ threads: 1 }), Wake.layer, StatusBoard.layer, unlimited])),
  )
})
