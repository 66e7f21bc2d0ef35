import { createHash, randomBytes } from "node:crypto"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs"
import { getPriority, tmpdir } from "node:os"
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

const digestOf = (...paths: ReadonlyArray<string>) => ({
  volumes: paths.map((path) => ({ path, pieceBytes: null })),
  listTar: false,
})

const gigabytes = 1024 ** 3

layer(CpuPool.layer({ threads: 2 }), { excludeTestServices: true })("the pool", (it) => {
  it.effect("digests the volumes of a set in order, and each by itself", () =>
    Effect.gen(function* () {
      const pool = yield* CpuPool
      const contents = [0, 1, 1024 * 1024, 2_500_000].map((bytes) => randomBytes(bytes))
      for (const volumes of [contents, contents.slice(3), [...contents].reverse()]) {
        const paths = volumes.map((content, index) => write(`volume-${index}`, content))
        const result = yield* pool.digest(digestOf(...paths))
        assert.deepStrictEqual(result, {
          contentHash: sha256(...volumes),
          bytes: volumes.reduce((sum, content) => sum + content.length, 0),
          volumes: volumes.map((content, index) => ({
            bytes: content.length,
            sha256: index === 0 ? sha256(content) : null,
            pieces: [],
          })),
          tar: null,
        })
      }
    }),
  )

  it.effect("tells how far a digest is, in growing numbers", () =>
    Effect.gen(function* () {
      const pool = yield* CpuPool
      const seen: Array<number> = []
      const path = writeSparse("progress", gigabytes / 8)
      yield* pool.digest(digestOf(path), (bytesDone) => seen.push(bytesDone))
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
        const result = yield* pool.cut({ source, offset: part.offset, bytes: part.bytes, target, expectedSha256: null })
        const again = yield* pool.cut({ source, offset: part.offset, bytes: part.bytes, target, expectedSha256: null })
        const piece = readFileSync(target)
        assert.deepStrictEqual(result, { bytes: part.bytes, sha256: null })
        assert.deepStrictEqual(again, result)
        pieces.push(piece)
      }
      assert.isTrue(Buffer.concat(pieces).equals(content))
    }),
  )

  it.effect("says that a source is unreadable, and leaves no part of a target", () =>
    Effect.gen(function* () {
      const pool = yield* CpuPool
      const absent = yield* Effect.flip(pool.digest(digestOf(join(scratch, "absent"))))
      assert.strictEqual(absent.reason, "unreadable")
      const source = write("short", randomBytes(10))
      const short = yield* Effect.flip(
        pool.cut({ source, offset: 5, bytes: 10, target: join(scratch, "never"), expectedSha256: null }),
      )
      assert.strictEqual(short.reason, "unreadable")
      assert.isEmpty(readdirSync(scratch).filter((name) => name.startsWith("never")))
    }),
  )

  it.effect("stops an interrupted digest without ending its thread", () =>
    Effect.gen(function* () {
      const pool = yield* CpuPool
      const begun = yield* Deferred.make<void>()
      const path = writeSparse("endless", 1024 * gigabytes)
      const fiber = yield* Effect.forkChild(pool.digest(digestOf(path), () => Deferred.doneUnsafe(begun, Effect.void)))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual((yield* pool.stats).running, 0)
      const result = yield* pool.digest(digestOf(write("after", new Uint8Array(3))))
      assert.strictEqual(result.bytes, 3)
    }),
  )

  it.effect("stops an interrupted cut and removes what it had written", () =>
    Effect.gen(function* () {
      const pool = yield* CpuPool
      const source = writeSparse("large", 64 * gigabytes)
      const target = join(scratch, "interrupted")
      const fiber = yield* Effect.forkChild(
        pool.cut({ source, offset: 0, bytes: 64 * gigabytes, target, expectedSha256: null }),
      )
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
      const fibers = yield* Effect.forEach([1, 2, 3, 4, 5], () => Effect.forkChild(pool.digest(digestOf(path))))
      yield* Effect.repeat(Effect.andThen(Effect.sleep("5 millis"), pool.stats), {
        until: ({ queued }) => queued === 3,
      })
      yield* Effect.forEach(fibers, Fiber.interrupt, { concurrency: "unbounded" })
      const { queued, running } = yield* pool.stats
      assert.deepStrictEqual({ queued, running }, { queued: 0, running: 0 })
    }),
  )

  it.effect("digests the pieces of a volume in the pass that digests the content, and proves each when it is cut", () =>
    Effect.gen(function* () {
      const pool = yield* CpuPool
      const [first, second] = [randomBytes(100_000), randomBytes(2_500_000)]
      const source = write("oversized.zip", second)
      const result = yield* pool.digest({
        volumes: [
          { path: write("fits.zip", first), pieceBytes: null },
          { path: source, pieceBytes: 1024 * 1024 },
        ],
        listTar: false,
      })
      assert.strictEqual(result.contentHash, sha256(first, second))
      const pieces = planParts([{ name: "oversized.zip", bytes: second.length }], 1024 * 1024)
      const sent = yield* Effect.forEach(pieces, (part) =>
        Effect.gen(function* () {
          const target = join(scratch, part.name)
          const expectedSha256 = result.volumes[1]?.pieces[part.piece] ?? ""
          yield* pool.cut({ source, offset: part.offset, bytes: part.bytes, target, expectedSha256 })
          return readFileSync(target)
        }),
      )
      assert.strictEqual(sha256(first, ...sent), result.contentHash)
    }),
  )

  it.effect("refuses to hand out a piece of a file that has changed since it was digested", () =>
    Effect.gen(function* () {
      const pool = yield* CpuPool
      const source = write("changed", randomBytes(10))
      const target = join(scratch, "changed-piece")
      const job = { source, offset: 0, bytes: 10, target, expectedSha256: sha256(randomBytes(10)) }
      const error = yield* Effect.flip(pool.cut(job))
      assert.strictEqual(error.reason, "source_changed")
      assert.isEmpty(readdirSync(scratch).filter((name) => name.startsWith("changed-piece")))
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
      })
      assert.strictEqual(result.state, "listed")
      assert.isAbove(result.fileCount, 0)
    }),
  )
})

describe("accounts that share a pool", () => {
  it.live("take turns, however many jobs one of them has", () =>
    Effect.gen(function* () {
      const pool = yield* makeCpuPool({ threads: 1 })
      const gate = yield* Effect.forkChild(pool.digest(digestOf(writeSparse("gate", 1024 * gigabytes))))
      yield* Effect.repeat(Effect.andThen(Effect.sleep("5 millis"), pool.stats), {
        until: ({ running }) => running === 1,
      })
      const small = write("small", randomBytes(10))
      const order: Array<string> = []
      const ask = (account: string) =>
        pool
          .of(account)
          .digest(digestOf(small))
          .pipe(Effect.andThen(Effect.sync(() => order.push(account))))
      const asked = yield* Effect.forEach(["a", "a", "a", "a", "b", "c", "b"], (account) =>
        Effect.forkChild(ask(account)),
      )
      yield* Effect.repeat(Effect.andThen(Effect.sleep("5 millis"), pool.stats), {
        until: ({ queued }) => queued === 7,
      })
      yield* Fiber.interrupt(gate)
      yield* Effect.forEach(asked, Fiber.join)
      assert.deepStrictEqual(order, ["a", "b", "c", "a", "b", "a", "a"])
    }).pipe(Effect.scoped),
  )

  it.live("have their jobs done at a lower priority than the rest of the worker", () =>
    Effect.gen(function* () {
      const tasks = write(
        "nice.mjs",
        Buffer.from(
          `import { readFileSync, readlinkSync } from "node:fs"
           export const digest = () => {
             const stat = readFileSync("/proc/" + readlinkSync("/proc/thread-self") + "/stat", "utf8")
             return { outcome: "done", value: Number(stat.slice(stat.lastIndexOf(")")).split(" ")[17]) }
           }`,
        ),
      )
      const pool = yield* makeCpuPool({ threads: 1 }, pathToFileURL(tasks))
      const nice: unknown = yield* pool.digest(digestOf())
      assert.strictEqual(nice, getPriority() + 10)
    }).pipe(Effect.scoped),
  )
})

describe("a pool in trouble", () => {
  it.live("refuses jobs beyond its queue", () =>
    Effect.gen(function* () {
      const pool = yield* makeCpuPool({ threads: 1, maxQueue: 1 })
      const path = writeSparse("blocking", 1024 * gigabytes)
      const jobs = Array.from({ length: 4 }, () => pool.digest(digestOf(path)))
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
      const error = yield* Effect.flip(pool.digest(digestOf()))
      assert.strictEqual(error.reason, "thread_died")
      assert.deepStrictEqual(yield* pool.cut({ source: "", offset: 0, bytes: 0, target: "", expectedSha256: null }), {
        bytes: 0,
        sha256: "",
      })
    }).pipe(Effect.scoped),
  )
})
