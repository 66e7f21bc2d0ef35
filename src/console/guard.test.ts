import { createServer, request } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { HttpRouter, HttpServer, HttpServerResponse } from "effect/http"
import { TestClock } from "effect/testing"
import type { Access } from "./access.ts"
import { guarded } from "./guard.ts"
import { layerServer } from "./server.ts"

const TOKEN = "0123456789abcdef"
const open: Access = { host: "127.0.0.1", token: undefined }
const closed: Access = { host: "127.0.0.1", token: Redacted.make(TOKEN) }
const bare = { port: 0, host: "127.0.0.1", token: undefined, tokenFile: undefined }

const routes = HttpRouter.addAll([
  HttpRouter.route("GET", "/metrics", Effect.succeed(HttpServerResponse.text("all is well"))),
  HttpRouter.route("GET", "/health/live", Effect.succeed(HttpServerResponse.text("live"))),
  HttpRouter.route("GET", "/broken", Effect.die(new Error("the secret is hunter2"))),
])

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly text: string
}

const ask = (port: number, path: string, headers: Readonly<Record<string, string>> = {}) =>
  Effect.promise(
    () =>
      new Promise<Answer>((resolve, reject) => {
        const asking = request({ host: "127.0.0.1", port, path, headers, agent: false }, (response) => {
          let text = ""
          response.setEncoding("utf8").on("data", (more: string) => {
            text += more
          })
          response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
        })
        asking.on("error", reject).end()
      }),
  )

/** Serves the routes on a port of their own for as long as the scope lives. */
const serve = Effect.fn(function* (access: Access) {
  const app = yield* HttpRouter.toHttpEffect(routes)
  const layer = HttpServer.serve(guarded(access, app)).pipe(Layer.provideMerge(layerServer(bare)))
  const context = yield* Layer.build(layer)
  const { address } = yield* Effect.provideContext(HttpServer.HttpServer, context)
  return Number(new URL(HttpServer.formatAddress(address)).port)
})

describe("the console's guard", () => {
  it.live("gives every answer headers that keep it to itself", () =>
    Effect.gen(function* () {
      const port = yield* serve(open)
      for (const path of ["/metrics", "/nothing", "/broken"]) {
        const { headers } = yield* ask(port, path)
        assert.include(headers["content-security-policy"], "default-src 'none'")
        assert.strictEqual(headers["x-content-type-options"], "nosniff")
        assert.strictEqual(headers["cache-control"], "no-store")
        assert.strictEqual(headers["x-frame-options"], "DENY")
      }
    }).pipe(Effect.scoped),
  )

  it.live("tells nothing of what went wrong", () =>
    Effect.gen(function* () {
      const port = yield* serve(open)
      const broken = yield* ask(port, "/broken")
      assert.strictEqual(broken.status, 500)
      assert.notInclude(broken.text, "hunter2")
      assert.strictEqual((yield* ask(port, "/nothing")).status, 404)
    }).pipe(Effect.scoped),
  )

  it.live("answers a page that has a name of its own point to this machine with nothing", () =>
    Effect.gen(function* () {
      const port = yield* serve(open)
      const foreign = yield* ask(port, "/metrics", { host: `evil.example:${port}` })
      assert.strictEqual(foreign.status, 421)
      assert.notInclude(foreign.text, "all is well")
      assert.strictEqual((yield* ask(port, "/metrics", { host: `localhost:${port}` })).status, 200)
    }).pipe(Effect.scoped),
  )

  it.live("wants the token of everybody but probes, where there is one", () =>
    Effect.gen(function* () {
      const port = yield* serve(closed)
      const without = yield* ask(port, "/metrics")
      assert.strictEqual(without.status, 401)
      assert.strictEqual(without.headers["www-authenticate"], "Bearer")
      assert.strictEqual((yield* ask(port, "/metrics", { authorization: "Bearer wrong" })).status, 401)
      const shown = yield* ask(port, "/metrics", { authorization: `Bearer ${TOKEN}`, host: "nas.example" })
      assert.strictEqual(shown.status, 200)
      assert.strictEqual((yield* ask(port, "/health/live")).status, 200)
    }).pipe(Effect.scoped),
  )

  it.effect("lets nobody guess tokens, and those who know it pass all the same", () =>
    Effect.gen(function* () {
      const port = yield* serve(closed)
      const guesses = yield* Effect.forEach(Array.from({ length: 20 }), () => ask(port, "/metrics"), {
        concurrency: 20,
      })
      assert.lengthOf(
        guesses.filter(({ status }) => status === 401),
        10,
      )
      assert.strictEqual((yield* ask(port, "/metrics", { authorization: `Bearer ${TOKEN}` })).status, 200)
    }).pipe(Effect.scoped),
  )

  it.effect("bounds how often anybody may ask", () =>
    Effect.gen(function* () {
      const port = yield* serve(open)
      const answers = yield* Effect.forEach(Array.from({ length: 110 }), () => ask(port, "/metrics"), {
        concurrency: 10,
      })
      const refused = answers.filter(({ status }) => status === 429)
      assert.lengthOf(refused, 10)
      assert.strictEqual(refused[0]?.headers["retry-after"], "1")
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* ask(port, "/metrics")).status, 200)
    }).pipe(Effect.scoped),
  )
})

describe("the console's server", () => {
  it.live("names the setting when its port is taken", () =>
    Effect.gen(function* () {
      const other = yield* Effect.acquireRelease(
        Effect.promise(
          () =>
            new Promise<ReturnType<typeof createServer>>((resolve) => {
              const server = createServer().listen(0, "127.0.0.1", () => resolve(server))
            }),
        ),
        (server) => Effect.sync(() => server.close()),
      )
      const { port } = other.address() as AddressInfo
      const error = yield* Effect.flip(Effect.scoped(Layer.build(layerServer({ ...bare, port }))))
      assert.include(error.message, `STASH_CONSOLE_PORT=${port}`)
      assert.include(error.message, "another program has this port")
    }).pipe(Effect.scoped),
  )

  it.live("names the setting when this machine has no such address", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.scoped(Layer.build(layerServer({ ...bare, host: "192.0.2.1" }))))
      assert.include(error.message, "STASH_CONSOLE_HOST=192.0.2.1")
      assert.include(error.message, "no such address")
    }),
  )

  it.live("refuses a request whose headers are too long", () =>
    Effect.gen(function* () {
      const port = yield* serve(open)
      assert.strictEqual((yield* ask(port, "/metrics", { "x-long": "x".repeat(20_000) })).status, 431)
    }).pipe(Effect.scoped),
  )
})
