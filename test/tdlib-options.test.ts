import { createServer } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { proxyRequest } from "../accounts/telegram/proxy-request.ts"
import { Tdlib, type TdlibOptions } from "../accounts/telegram/tdlib.ts"
import { scopedFolder, scopedSandbox } from "./scoped.ts"
import { goOnlineAs, telegramLayer } from "./telegram-client.ts"

const phone = "15550001001"

const makeBench = Effect.gen(function* () {
  const folder = yield* scopedFolder
  const sandbox = yield* scopedSandbox({ world: { accounts: [{ phone, firstName: "Alice" }], channels: [] } })
  const life = <A, E>(options: Partial<TdlibOptions>, work: Effect.Effect<A, E, Tdlib>) =>
    Effect.gen(function* () {
      const { wasLoggedIn } = yield* goOnlineAs(phone, sandbox.endpoint.loginCode)
      return { wasLoggedIn, result: yield* work }
    }).pipe(Effect.provide(telegramLayer(sandbox, folder, options)), Effect.scoped)
  return { life }
})

const nothing = Effect.void

describe("TDLib's databases", () => {
  it.live(
    "get the operator's key once there is one, open with it alone, and change it for the file's new first line",
    () =>
      Effect.gen(function* () {
        const { life } = yield* makeBench
        yield* life({}, nothing)
        assert.isTrue((yield* life({ databaseKeys: ["one"] }, nothing)).wasLoggedIn)
        assert.isTrue((yield* life({ databaseKeys: ["one"] }, nothing)).wasLoggedIn)
        for (const databaseKeys of [[], ["two"]])
          assert.include((yield* Effect.flip(life({ databaseKeys }, nothing))).message, "STASH_TDLIB_KEY_FILE")
        assert.isTrue((yield* life({ databaseKeys: ["two", "one"] }, nothing)).wasLoggedIn)
        assert.isTrue((yield* life({ databaseKeys: ["two"] }, nothing)).wasLoggedIn)
      }).pipe(Effect.scoped),
    60_000,
  )
})

describe("a proxy", () => {
  const proxy = { _tag: "Socks5", server: "127.0.0.1", port: 1, username: "me", password: "p" } as const

  it("of the operator is told TDLib as it is, outside the sandbox", () => {
    assert.deepStrictEqual(proxyRequest({ sandbox: null, proxy })?.proxy, {
      _: "proxy",
      server: "127.0.0.1",
      port: 1,
      type: { _: "proxyTypeSocks5", username: "me", password: "p" },
    })
    assert.isUndefined(proxyRequest({ sandbox: null, proxy: null }))
  })

  it.live(
    "of the operator is never dialled in the sandbox",
    () =>
      Effect.gen(function* () {
        const { life } = yield* makeBench
        let dialled = 0
        const server = createServer((socket) => {
          dialled += 1
          socket.destroy()
        })
        yield* Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)))
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        const { result } = yield* life(
          { proxy: { ...proxy, port } },
          Effect.flatMap(Tdlib, (tdlib) => tdlib.invoke({ _: "getProxies" })),
        )
        assert.deepStrictEqual(
          result.proxies.map((one) => one.proxy?.port === port),
          [false],
        )
        assert.strictEqual(dialled, 0)
        server.close()
      }).pipe(Effect.scoped),
    60_000,
  )
})
