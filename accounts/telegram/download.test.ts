import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import type * as Td from "tdlib-types"
import { downloadFile } from "./download.ts"
import { alone, type DownloadShare } from "./download-goal.ts"
import { Tdlib } from "./tdlib.ts"

interface Asked {
  readonly _: string
  readonly priority?: number
  readonly limit?: number
}

/** A TDLib that notes what it is asked, answers with the file as it last told of it, and tells what the test has it tell. */
const makeTdlib = () => {
  const listeners = new Set<(update: Td.Update) => void>()
  const asked: Array<Asked> = []
  const fileWith = (id: number, bytes: number, local: Partial<Td.localFile>): Td.file =>
    ({
      _: "file",
      id,
      size: 100,
      local: { path: "", downloaded_size: bytes, download_offset: 0, downloaded_prefix_size: bytes, ...local },
    }) as unknown as Td.file
  let newest = fileWith(1, 0, {})
  const tell = (id: number, bytes: number, local: Partial<Td.localFile> = { is_downloading_active: true }) =>
    Effect.sync(() => {
      const file = fileWith(id, bytes, local)
      if (id === 1) newest = file
      for (const listener of listeners) listener({ _: "updateFile", file })
    })
  const tdlib = Tdlib.of({
    invoke: ((request: Asked) =>
      Effect.sync(() => {
        asked.push(request)
        return newest
      })) as unknown as (typeof Tdlib)["Service"]["invoke"],
    explain: Effect.succeed,
    onUpdate: (listener) =>
      Effect.acquireRelease(
        Effect.sync(() => void listeners.add(listener)),
        () => Effect.sync(() => listeners.delete(listener)),
      ),
    goOnline: Effect.void,
  })
  return { asked, tell, layer: Layer.succeed(Tdlib, tdlib) }
}

const begin = (share: DownloadShare) =>
  Effect.tap(Effect.forkChild(downloadFile({ fileId: 1, share, onProgress: () => {} })), () => Effect.yieldNow)

describe("a download", () => {
  it.effect("waits for those before it, however long they take, and not for one that stands still", () => {
    const { layer, tell } = makeTdlib()
    return Effect.gen(function* () {
      const download = yield* begin(alone(1))
      for (let minute = 0; minute < 60; minute++) {
        yield* tell(2, minute)
        yield* TestClock.adjust("1 minute")
      }
      assert.isUndefined(download.pollUnsafe())
      yield* TestClock.adjust("6 minutes")
      const exit = yield* Fiber.await(download)
      assert.isTrue(Exit.isFailure(exit))
    }).pipe(Effect.provide(layer))
  })

  it.effect("is asked for once more when its priority changes, until it is there", () => {
    const { asked, layer, tell } = makeTdlib()
    const share = alone(9)
    return Effect.gen(function* () {
      const download = yield* begin(share)
      share.priority = 24
      share.onChange?.()
      yield* Effect.yieldNow
      yield* tell(1, 100, { path: "/there", is_downloading_completed: true })
      assert.strictEqual(yield* Fiber.join(download), "/there")
      assert.deepStrictEqual(
        asked.map((request) => [request._, request.priority]),
        [
          ["downloadFile", 9],
          ["downloadFile", 24],
        ],
      )
      assert.isUndefined(share.onChange)
    }).pipe(Effect.provide(layer))
  })

  it.effect("that has a share is asked for a little beyond what is here, also when TDLib was there first", () => {
    const { asked, layer, tell } = makeTdlib()
    return Effect.gen(function* () {
      const download = yield* begin({ priority: 9, aheadBytes: 40 })
      for (const bytes of [10, 30]) yield* Effect.andThen(tell(1, bytes), Effect.yieldNow)
      yield* Effect.andThen(tell(1, 70, { is_downloading_active: false }), Effect.yieldNow)
      yield* tell(1, 100, { path: "/there", is_downloading_completed: true })
      assert.strictEqual(yield* Fiber.join(download), "/there")
      assert.deepStrictEqual(
        asked.map(({ limit }) => limit),
        [40, 70, 0],
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("that TDLib stops twice at the same byte has failed", () => {
    const { layer, tell } = makeTdlib()
    return Effect.gen(function* () {
      const download = yield* begin({ priority: 9, aheadBytes: 40 })
      for (const is_downloading_active of [true, false, true, false])
        yield* Effect.andThen(tell(1, 30, { is_downloading_active }), Effect.yieldNow)
      const exit = yield* Fiber.await(download)
      assert.isTrue(Exit.isFailure(exit))
    }).pipe(Effect.provide(layer))
  })
})
