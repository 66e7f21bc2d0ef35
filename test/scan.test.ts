import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type ScanPlace, SourceScan } from "../accounts/ingest/scan-source.ts"
import type { Tdlib } from "../accounts/telegram/tdlib.ts"
import { type Sandbox, startSandbox, type World } from "../src/sandbox/sandbox.ts"
import { chatIdOf, goOnlineAs, telegramLayer } from "./telegram-client.ts"

const phone = "15550001001"

const worldOf = (documents: number): World => ({
  accounts: [{ phone, firstName: "Alice", premium: true, code: "12345" }],
  channels: [
    {
      name: "source",
      title: "Source",
      kind: "channel",
      members: [phone],
      admins: [phone],
      messages: [
        { text: "between {n}", repeat: 7 },
        { generate: { bytes: 1000, seed: "{n}" }, name: "{n}.zip", repeat: documents },
      ],
    },
  ],
})

const post = (sandbox: Sandbox, name: string) =>
  Effect.promise(() =>
    fetch(`${sandbox.controlUrl}/messages`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ channel: "source", generate: { bytes: 1000, seed: name }, name }),
    }),
  )

const withTelegram = <A, E>(
  pages: NonNullable<Parameters<typeof startSandbox>[0]>["pages"],
  world: World,
  use: (sandbox: Sandbox) => Effect.Effect<A, E, Tdlib>,
) =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.promise(() => mkdtemp(join(tmpdir(), "stash-scan-"))),
      (made) => Effect.promise(() => rm(made, { recursive: true, force: true })),
    )
    const sandbox = yield* Effect.acquireRelease(
      Effect.promise(() => startSandbox({ world, ...(pages === undefined ? {} : { pages }) })),
      (started) => Effect.promise(() => started.close()),
    )
    return yield* Effect.gen(function* () {
      yield* goOnlineAs(phone, sandbox.endpoint.loginCode)
      return yield* use(sandbox)
    }).pipe(Effect.provide(telegramLayer(sandbox, join(folder, "tdlib"))))
  }).pipe(Effect.scoped)

const unseen: ScanPlace = { floor: 0, low: null, high: null }

/** Reads on for some stretches, or to the end; the names in the order of reading, and where the scan then is. */
const read = Effect.fn("read")(function* (scan: SourceScan, stretches = Number.POSITIVE_INFINITY) {
  const names: Array<string> = []
  for (let count = 0; count < stretches; count++) {
    const { isEnd, messages } = yield* scan.next
    for (const { content } of messages) if (content._tag === "Document") names.push(content.fileName)
    if (isEnd) return { names, place: scan.place, isEnd }
  }
  return { names, place: scan.place, isEnd: false }
})

const zips = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => `${from + n}.zip`)

/** A supergroup that hides from its members what was posted before they came. */
const hiddenHistory: World = {
  accounts: [{ phone, firstName: "Alice", premium: true, code: "12345" }],
  channels: [
    {
      name: "source",
      title: "Source",
      kind: "supergroup",
      hiddenHistory: true,
      members: [{ phone, joined: "2026-03-01T00:00:00Z" }],
      messages: ["2026-01-01", "2026-02-01", "2026-04-01", "2026-05-01"].map((date, n) => ({
        generate: { bytes: 1000, seed: n },
        name: `${n + 1}.zip`,
        date: `${date}T00:00:00Z`,
      })),
    },
  ],
}

describe("a scan of a source", () => {
  it.live(
    "reads what a member sees where earlier history is hidden",
    () =>
      withTelegram({}, hiddenHistory, (sandbox) =>
        Effect.gen(function* () {
          for (const order of ["oldest", "newest"] as const) {
            const { names } = yield* read(new SourceScan(chatIdOf(sandbox, "source"), order, unseen))
            assert.deepStrictEqual([...names].sort(), zips(3, 4))
          }
        }),
      ),
    60_000,
  )

  for (const pages of [{}, { limit: 7 }, { shortness: 0.9, seed: 5 }])
    it.live(
      `reads every document once, in either order, with pages of ${JSON.stringify(pages)}`,
      () =>
        withTelegram(pages, worldOf(230), (sandbox) =>
          Effect.gen(function* () {
            const chatId = chatIdOf(sandbox, "source")
            const oldest = yield* read(new SourceScan(chatId, "oldest", unseen))
            assert.deepStrictEqual(oldest.names, zips(1, 230))
            const newest = yield* read(new SourceScan(chatId, "newest", unseen))
            assert.deepStrictEqual(newest.names, zips(1, 230).reverse())
            assert.deepStrictEqual(newest.place, oldest.place)
            const nothing = yield* read(new SourceScan(chatId, "oldest", oldest.place))
            assert.deepStrictEqual(nothing, { names: [], place: oldest.place, isEnd: true })
          }),
        ),
      60_000,
    )

  it.live(
    "goes on where it was cut off, with what was posted meanwhile, also in the other order",
    () =>
      withTelegram({}, worldOf(450), (sandbox) =>
        Effect.gen(function* () {
          const chatId = chatIdOf(sandbox, "source")
          const first = yield* read(new SourceScan(chatId, "newest", unseen), 2)
          assert.deepStrictEqual(first.names.at(0), "450.zip")
          yield* post(sandbox, "451.zip")
          const second = yield* read(new SourceScan(chatId, "newest", first.place), 2)
          assert.deepStrictEqual(second.names.at(0), "451.zip")
          const third = yield* read(new SourceScan(chatId, "oldest", second.place))
          const all = [...first.names, ...second.names, ...third.names]
          assert.strictEqual(all.length, 451)
          assert.deepStrictEqual([...new Set(all)].sort(), zips(1, 451).sort())
          assert.isTrue(third.isEnd)
          yield* post(sandbox, "452.zip")
          const last = yield* read(new SourceScan(chatId, "oldest", third.place))
          assert.deepStrictEqual(last.names, ["452.zip"])
        }),
      ),
    60_000,
  )
})
