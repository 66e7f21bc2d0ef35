import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { type Access, consoleAccess, isLoopback, namesThisMachine, showsToken } from "./access.ts"

const TOKEN = "0123456789abcdef"
const bare = { port: 0, host: "127.0.0.1", token: undefined, tokenFile: undefined }

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "stash-access-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true })),
)

describe("who may ask the console", () => {
  it.effect("is everybody on this machine, as long as nobody else can reach it", () =>
    Effect.gen(function* () {
      for (const host of ["127.0.0.1", "127.8.9.10", "::1", "localhost"])
        assert.isUndefined((yield* consoleAccess({ ...bare, host })).token)
    }),
  )

  it.effect("must be said before others can reach it", () =>
    Effect.gen(function* () {
      for (const host of ["0.0.0.0", "::", "192.0.2.1", "nas.local", "127.0.0.1.example.com"]) {
        const { message } = yield* Effect.flip(consoleAccess({ ...bare, host }))
        assert.include(message, `STASH_CONSOLE_HOST=${host}`)
        assert.include(message, "set STASH_CONSOLE_TOKEN or STASH_CONSOLE_TOKEN_FILE")
      }
      const open = yield* consoleAccess({ ...bare, host: "0.0.0.0", token: Redacted.make(TOKEN) })
      assert.isDefined(open.token)
    }),
  )

  it.effect("may be told in a file, and not in two places", () =>
    Effect.gen(function* () {
      const tokenFile = join(yield* folder, "token")
      const missing = yield* Effect.flip(consoleAccess({ ...bare, tokenFile }))
      assert.include(missing.message, "STASH_CONSOLE_TOKEN_FILE cannot be read")
      yield* Effect.promise(() => writeFile(tokenFile, "short\n"))
      const short = yield* Effect.flip(consoleAccess({ ...bare, tokenFile }))
      assert.include(short.message, "at least 16 characters")
      yield* Effect.promise(() => writeFile(tokenFile, `${TOKEN}\n# the token of the console\n`))
      const { token } = yield* consoleAccess({ ...bare, host: "0.0.0.0", tokenFile })
      assert.strictEqual(token && Redacted.value(token), TOKEN)
      const both = yield* Effect.flip(consoleAccess({ ...bare, tokenFile, token: Redacted.make(TOKEN) }))
      assert.include(both.message, "not both")
    }).pipe(Effect.scoped),
  )

  it("shows the whole token, as a bearer", () => {
    const token = Redacted.make(TOKEN)
    assert.isTrue(showsToken(token, `Bearer ${TOKEN}`))
    assert.isTrue(showsToken(token, `bearer  ${TOKEN}`))
    for (const header of [
      undefined,
      "",
      TOKEN,
      `Basic ${TOKEN}`,
      `Bearer ${TOKEN}x`,
      `Bearer ${TOKEN.slice(1)}`,
      "Bearer ",
    ])
      assert.isFalse(showsToken(token, header), String(header))
  })

  it("asks for this machine by its own name", () => {
    const access: Access = { host: "127.0.0.1", token: undefined }
    for (const host of ["127.0.0.1", "127.0.0.1:8787", "localhost:8787", "LOCALHOST", "[::1]:8787"])
      assert.isTrue(namesThisMachine(access, host), host)
    for (const host of [undefined, "", "evil.example", "evil.example:8787", "127.0.0.1.evil.example", "[::2]:1"])
      assert.isFalse(namesThisMachine(access, host), host)
    assert.isTrue(namesThisMachine({ ...access, host: "Nas.local" }, "nas.local:80"))
    assert.isFalse(isLoopback("1270.0.0.1"))
  })
})
