import { execFileSync } from "node:child_process"
import { openSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { scopedFolder, scopedSandbox } from "../../test/scoped.ts"
import { telegramLayer } from "../../test/telegram-client.ts"
import { Tdlib } from "./tdlib.ts"
import { watchTdlib } from "./tdlib-watch.ts"
import { type TelegramError, telegramError, timedOut } from "./telegram-error.ts"

/** A TDLib that answers as the list says, one after another, and well after that. */
const answering = (errors: Array<TelegramError>) => {
  let asked = 0
  const answer = Effect.suspend(() => {
    asked++
    const error = errors.shift()
    return error === undefined ? Effect.succeed({ _: "optionValueString", value: "1" }) : Effect.fail(error)
  })
  const invoke = (() => answer) as unknown as Tdlib["Service"]["invoke"]
  const layer = Layer.succeed(Tdlib, {
    invoke,
    onUpdate: () => Effect.void,
    goOnline: Effect.void,
    explain: Effect.succeed,
  })
  return { layer, asked: () => asked }
}

describe("the watch over TDLib", () => {
  it.effect("takes an error for an answer, and goes on asking", () =>
    Effect.gen(function* () {
      const tdlib = answering([telegramError("getOption", { code: 500, message: "Request aborted" })])
      const hung: Array<string> = []
      yield* watchTdlib((why) => hung.push(why)).pipe(Effect.provide(tdlib.layer))
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(tdlib.asked(), 20)
      assert.deepStrictEqual(hung, [])
    }).pipe(Effect.scoped),
  )

  it.effect("tells once that there was no answer", () =>
    Effect.gen(function* () {
      const tdlib = answering([timedOut("getOption", 60)])
      const hung: Array<string> = []
      yield* watchTdlib((why) => hung.push(why)).pipe(Effect.provide(tdlib.layer))
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(hung, ["TDLib did not answer for 60 s"])
    }).pipe(Effect.scoped),
  )

  it.live(
    "notices the real TDLib standing still while this event loop turns",
    () =>
      Effect.gen(function* () {
        const folder = yield* scopedFolder
        const sandbox = yield* scopedSandbox({ world: { accounts: [], channels: [] } })
        // Opening a pipe for writing waits for a reader: here TDLib's own thread does.
        const pipe = join(folder, "pipe")
        execFileSync("mkfifo", [pipe])
        const hung = yield* Deferred.make<string>()
        yield* Effect.gen(function* () {
          const tdlib = yield* Tdlib
          yield* watchTdlib((why) => Deferred.doneUnsafe(hung, Effect.succeed(why)), {
            every: "50 millis",
            limitSeconds: 2,
          })
          yield* tdlib.invoke({ _: "getOption", name: "version" })
          const logStream = {
            _: "logStreamFile",
            path: pipe,
            max_file_size: 1_000_000,
            redirect_stderr: false,
          } as const
          yield* Effect.forkChild(Effect.exit(tdlib.invoke({ _: "setLogStream", log_stream: logStream })))
          assert.strictEqual(yield* Effect.timeout(Deferred.await(hung), "60 seconds"), "TDLib did not answer for 2 s")
          // With a reader it goes on, so that it can be closed.
          openSync(pipe, "r+")
          yield* tdlib.invoke({ _: "setLogStream", log_stream: { _: "logStreamEmpty" } })
        }).pipe(Effect.provide(telegramLayer(sandbox, join(folder, "tdlib"))))
      }).pipe(Effect.scoped),
    120_000,
  )
})
