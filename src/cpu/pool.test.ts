import { createHash, randomBytes } from "node:crypto"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { assert, describe, it, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { afterAll } from "vitest"
import { planParts } from "../archive/parts.ts"
import { CpuPool, makeCpuPool } from "./pool.ts"

const scratch = mkdtempSync(join(tmpdir(), "pool-"))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const sha256 = (...chunks: ReadonlyArray<Uint8Array>): string => {
  const hash = createHash("sha256")
  for (const chunk of chunks) hash.update(chunk)
  return hash.digest("hex")
}

const write = (name: string, content: Uint8Array): string => {
  const path = join(scratch, name)
  writeFileSync(path, content)
  return path
}

/** A file that takes no room on the disk and a while to read. */
const writeSparse = (name: string, bytes: number): string => {
  const path = write(name, new Uint8Array(0))
  truncateSync(path, bytes)
  return path
}

const gigabytes = 1024 ** 3

layer(CpuPool.layer({ threads: 2 }), { excludeTestServices: true })("the pool", (it) => {
  it.effect("digests the volumes of a set in order, and each by itself", () =>
    Effect.gen(function* () {
      const pool = yield* CpuPool
      const contents = [0, 1, 1024 * 1024, 2_500_000].map((bytes) => randomBytes(bytes))
      for (const volumes of [contents, contents.slice(3), [...contents].reverse()]) {
        const paths = volumes.map((content, index) => write(`volume-${index}`, content))
        const result = yield* pool.digest({ paths })
        assert.deepStrictEqual(result, {
          contentHash: sha256(...volumes),
          bytes: volumes.reduce((sum, content) => sum + content.length, 0),
          volumes: volumes.map((content) => ({ bytes: content.length, sha256: sha256(content) })),
        })
      }
    }),
  )

  it.effect("tells how far a digest is, in growing numbers", () =>
    Effect.gen(function* () {
      const pool = yield* CpuPool
      const seen: Array<number> = []
      const path = writeSparse("progress", gigabytes / 8)
      yield* pool.digest({ paths: [path] }, (bytesDone) => seen.push(bytesDone))
      assert.isAbove(seen.length, 0)
      assert.deepStrictEqual(
        seen,
        [...seen].sort((a, b) => a - b),
      )
    }),
  )

  it.effect("cuts a file into parts that join to the original", () =>
    Effect.gen(function* () {
      const pool = yield* CpuPool
      const content = randomBytes(3 * 1024 * 1024 + 17)
      const source = write("whole.zip", content)
      const parts = planParts([{ name: "whole.zip", bytes: content.length }], 1024 * 1024 + 5)
      const pieces: Array<Buffer> = []
      for (const part of parts) {
        const target = join(scratch, part.name)
        const result = yield* pool.cut({ source, offset: part.offset, bytes: part.bytes, target })
        const again = yield* pool.cut({ source, offset: part.offset, bytes: part.bytes, target })
        const piece = readFileSync(target)
        assert.deepStrictEqual(result, { bytes: part.bytes, sha256: sha256(piece) })
        assert.deepStrictEqual(again, result)
        pieces.push(piece)
      }
      assert.isTrue(Buffer.concat(pieces).equals(content))
    }),
  )

  it.effect("says that a source is unreadable, and leaves no part of a target", () =>
    Effect.gen(function* () {
      const pool = yield* CpuPool
      const absent = yield* Effect.flip(pool.digest({ paths: [join(scratch, "absent")] }))
      assert.strictEqual(absent.reason, "unreadable")
      const source = write("short", randomBytes(10))
      const short = yield* Effect.flip(pool.cut({ source, offset: 5, bytes: 10, target: join(scratch, "never") }))
      assert.strictEqual(short.reason, "unreadable")
      assert.isEmpty(readdirSync(scratch).filter((name) => name.startsWith("never")))
    }),
  )

  it.effect("stops an interrupted digest without ending its thread", () =>
    Effect.gen(function* () {
      const pool = yield* CpuPool
      const begun = yield* Deferred.make<void>()
      const path = writeSparse("endless", 1024 * gigabytes)
      const fiber = yield* Effect.forkChild(
        pool.digest({ paths: [path] }, () => Deferred.doneUnsafe(begun, Effect.void)),
      )
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual((yield* pool.stats).running, 0)
      const result = yield* pool.digest({ paths: [write("after", new Uint8Array(3))] })
      assert.strictEqual(result.bytes, 3)
    }),
  )

  it.effect("stops an interrupted cut and removes what it had written", () =>
    Effect.gen(function* () {
      const pool = yield* CpuPool
      const source = writeSparse("large", 64 * gigabytes)
      const target = join(scratch, "interrupted")
      const fiber = yield* Effect.forkChild(pool.cut({ source, offset: 0, bytes: 64 * gigabytes, target }))
      const hasBegun = Effect.sync(() => (statSync(`${target}.cutting`, { throwIfNoEntry: false })?.size ?? 0) > 0)
      yield* Effect.repeat(Effect.andThen(Effect.sleep("5 millis"), hasBegun), { until: (begun) => begun })
      yield* Fiber.interrupt(fiber)
      assert.isEmpty(readdirSync(scratch).filter((name) => name.startsWith("interrupted")))
    }),
  )

  it.effect("drops jobs that still wait when they are interrupted", () =>
    Effect.gen(function* () {
      const pool = yield* CpuPool
      const path = writeSparse("busy", 1024 * gigabytes)
      const fibers = yield* Effect.forEach([1, 2, 3, 4, 5], () => Effect.forkChild(pool.digest({ paths: [path] })))
      yield* Effect.repeat(Effect.andThen(Effect.sleep("5 millis"), pool.stats), {
        until: ({ queued }) => queued === 3,
      })
      yield* Effect.forEach(fibers, Fiber.interrupt, { concurrency: "unbounded" })
      const { queued, running } = yield* pool.stats
      assert.deepStrictEqual({ queued, running }, { queued: 0, running: 0 })
    }),
  )

  it.effect("inspects an archive in its threads", () =>
    Effect.gen(function* () {
      const pool = yield* CpuPool
      const path = new URL("../../test/corpus/cc/ordertest.zip", import.meta.url).pathname
      const volumes = [{ path, name: "ordertest.zip" }]
      const result = yield* pool.inspect({
        family: "zip",
        archiveType: "ZIP",
        volumes,
        workDirectory: scratch,
        maxEntries: 100,
      })
      assert.strictEqual(result.state, "listed")
      assert.isAbove(result.fileCount, 0)
    }),
  )
})

describe("a pool in trouble", () => {
  it.live("refuses jobs beyond its queue", () =>
    Effect.gen(function* () {
      const pool = yield* makeCpuPool({ threads: 1, maxQueue: 1 })
      const path = writeSparse("blocking", 1024 * gigabytes)
      const jobs = Array.from({ length: 4 }, () => pool.digest({ paths: [path] }))
      const error = yield* Effect.flip(Effect.all(jobs, { concurrency: "unbounded" }))
      assert.strictEqual(error.reason, "queue_full")
    }).pipe(Effect.scoped),
  )

  it.live("reports a thread that dies, and goes on", () =>
    Effect.gen(function* () {
      const tasks = write(
        "tasks.mjs",
        Buffer.from(
          `export const digest = () => process.exit(9)
           export const cut = () => ({ outcome: "done", value: { bytes: 0, sha256: "" } })`,
        ),
      )
      const pool = yield* makeCpuPool({ threads: 1 }, pathToFileURL(tasks))
      const error = yield* Effect.flip(pool.digest({ paths: [] }))
      assert.strictEqual(error.reason, "thread_died")
      assert.deepStrictEqual(yield* pool.cut({ source: "", offset: 0, bytes: 0, target: "" }), { bytes: 0, sha256: "" })
    }).pipe(Effect.scoped),
  )
})
