import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { AccountConfig } from "../accounts/account-config.ts"
import { markAfter } from "../accounts/ingest/mark.ts"
import { scanSource } from "../accounts/ingest/scan-source.ts"
import type { Source } from "../db/channels.ts"
import { startSandbox } from "../src/sandbox/sandbox.ts"
import { chatIdOf, goOnlineAs, telegramLayer } from "./telegram-client.ts"

const phone = "15550001001"
const file = (name: string) => ({ generate: { bytes: 1000, seed: name }, name })

const world = {
  accounts: [{ phone, firstName: "Alice", premium: true, code: "12345" }],
  channels: [
    {
      name: "source",
      title: "Source",
      kind: "channel" as const,
      members: [phone],
      admins: [phone],
      messages: [
        file("whole.zip"),
        file("Dragon.part1.rar"),
        { text: "between" },
        file("Castle.part1.rar"),
        file("Dragon.part2.rar"),
        ...[1, 2, 3, 4].map((number) => file(`filler ${number}.zip`)),
        file("Castle.part3.rar"),
        file("Dragon.part3.rar"),
      ],
    },
  ],
}

describe("a scan of a source", () => {
  it.live(
    "joins a set over pages, and over runs",
    () =>
      Effect.gen(function* () {
        const folder = yield* Effect.acquireRelease(
          Effect.promise(() => mkdtemp(join(tmpdir(), "stash-scan-"))),
          (made) => Effect.promise(() => rm(made, { recursive: true, force: true })),
        )
        const sandbox = yield* Effect.acquireRelease(
          Effect.promise(() => startSandbox({ world, pages: { limit: 2 } })),
          (started) => Effect.promise(() => started.close()),
        )
        const config = { documentExtensions: [] } as unknown as AccountConfig["Service"]
        yield* Effect.gen(function* () {
          yield* goOnlineAs(phone, sandbox.endpoint.loginCode)
          const source = { chatId: chatIdOf(sandbox, "source"), mark: null } as unknown as Source
          const scan = yield* scanSource(source)
          const seen = (sets: typeof scan.sets) =>
            sets.filter(({ name }) => name.includes("part")).map((set) => [set.name, set.state, set.volumes.length])
          assert.deepStrictEqual(seen(scan.sets), [
            ["Dragon.part1.rar", "complete", 3],
            ["Castle.part1.rar", "waiting", 2],
          ])
          // All but the waiting set are settled; the mark stays before it, so that the next run sees all of it again.
          const mark = markAfter(
            scan.newestMessageId,
            scan.sets.map((set) => ({
              set,
              departure: set.state === "waiting" ? { outcome: "waiting" as const } : undefined,
            })),
          )
          const posted = yield* Effect.promise(() =>
            fetch(`${sandbox.controlUrl}/messages`, {
              method: "POST",
              headers: { "content-type": "application/json" },
              body: JSON.stringify({ channel: "source", ...file("Castle.part2.rar") }),
            }),
          )
          assert.isTrue(posted.ok)
          const next = yield* scanSource({ ...source, mark })
          assert.deepStrictEqual(seen(next.sets).at(-1), ["Castle.part1.rar", "complete", 3])
        }).pipe(
          Effect.provide(
            Layer.mergeAll(telegramLayer(sandbox, join(folder, "tdlib")), Layer.succeed(AccountConfig, config)),
          ),
        )
      }).pipe(Effect.scoped),
    120_000,
  )
})
