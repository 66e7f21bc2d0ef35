import { createHash, randomBytes } from "node:crypto"
import {
  appendFileSync,
  closeSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { afterAll } from "vitest"
import type { Growth } from "./jobs.ts"
import { CpuPool } from "./pool.ts"

const scratch = mkdtempSync(join(tmpdir(), "growing-"))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const sha256 = (...chunks: ReadonlyArray<Uint8Array>): string => {
  const hash = createHash("sha256")
  for (const chunk of chunks) hash.update(chunk)
  return hash.digest("hex")
}

interface Download {
  readonly tell: (growth: Growth) => void
  readonly reached: (bytes: number) => Effect.Effect<void>
}

/** Starts a digest of volumes of these sizes, runs `download` beside it, and answers with the digest. */
const digestWhile = (
  sizes: ReadonlyArray<number>,
  download: (download: Download) => Effect.Effect<void>,
  pieceBytes: number | null = null,
) =>
  Effect.gen(function* () {
    const pool = yield* CpuPool
    let tell: (growth: Growth) => void = () => {}
    let done = 0
    const ready = yield* Deferred.make<void>()
    const digest = yield* Effect.forkChild(
      pool.digestWhileGrowing(
        { volumes: sizes.map((bytes) => ({ bytes, pieceBytes })), listTar: false },
        (teller) => {
          tell = teller
          Deferred.doneUnsafe(ready, Effect.void)
        },
        (bytes) => {
          done = bytes
        },
      ),
    )
    yield* Deferred.await(ready)
    const reached = (bytes: number) =>
      Effect.repeat(
        Effect.andThen(
          Effect.sleep("5 millis"),
          Effect.sync(() => done),
        ),
        { until: (now) => now >= bytes },
      ).pipe(Effect.asVoid)
    yield* download({ tell, reached })
    return yield* Fiber.join(digest)
  })

const mebibyte = 1024 * 1024

layer(CpuPool.layer({ threads: 1 }), { excludeTestServices: true })("a digest that follows a download", (it) => {
  it.effect("reads the finished beginning before the end is there", () =>
    Effect.gen(function* () {
      const content = randomBytes(6 * mebibyte)
      const path = join(scratch, "one")
      writeFileSync(path, content.subarray(0, 4 * mebibyte))
      const result = yield* digestWhile([content.length], ({ reached, tell }) =>
        Effect.gen(function* () {
          tell({ volume: 0, path, readyBytes: 4 * mebibyte, settled: false })
          yield* reached(4 * mebibyte)
          appendFileSync(path, content.subarray(4 * mebibyte))
          renameSync(path, `${path}.zip`)
          tell({ volume: 0, path: `${path}.zip`, readyBytes: content.length, settled: true })
        }),
      )
      assert.strictEqual(result.contentHash, sha256(content))
      assert.strictEqual(result.bytes, content.length)
    }),
  )

  it.effect("takes the volumes in their order, whichever arrives first", () =>
    Effect.gen(function* () {
      const volumes = [3, 1, 2].map((size) => randomBytes(size * mebibyte))
      const sizes = volumes.map((volume) => volume.length)
      const result = yield* digestWhile(sizes, ({ tell }) =>
        Effect.sync(() => {
          for (const volume of [2, 0, 1]) {
            const path = join(scratch, `volume-${volume}`)
            writeFileSync(path, volumes[volume] ?? "")
            tell({ volume, path, readyBytes: sizes[volume] ?? 0, settled: true })
          }
        }),
      )
      assert.strictEqual(result.contentHash, sha256(...volumes))
    }),
  )

  it.effect("begins anew when a volume shrinks", () =>
    Effect.gen(function* () {
      const content = randomBytes(2 * mebibyte)
      const path = join(scratch, "shrinks")
      writeFileSync(path, randomBytes(content.length))
      const result = yield* digestWhile([content.length], ({ reached, tell }) =>
        Effect.gen(function* () {
          tell({ volume: 0, path, readyBytes: mebibyte, settled: false })
          yield* reached(mebibyte)
          truncateSync(path, 0)
          tell({ volume: 0, path, readyBytes: 0, settled: false })
          const file = openSync(path, "r+")
          writeSync(file, content)
          closeSync(file)
          tell({ volume: 0, path, readyBytes: content.length, settled: true })
        }),
      )
      assert.strictEqual(result.contentHash, sha256(content))
    }),
  )

  it.effect("begins anew when a volume turns out to be another file", () =>
    Effect.gen(function* () {
      const first = randomBytes(mebibyte)
      const second = randomBytes(mebibyte)
      const result = yield* digestWhile([first.length, second.length], ({ reached, tell }) =>
        Effect.gen(function* () {
          const old = join(scratch, "old")
          writeFileSync(old, randomBytes(mebibyte))
          tell({ volume: 0, path: old, readyBytes: mebibyte, settled: true })
          yield* reached(mebibyte)
          const [newer, last] = [join(scratch, "newer"), join(scratch, "last")]
          writeFileSync(newer, first)
          writeFileSync(last, second)
          tell({ volume: 0, path: newer, readyBytes: mebibyte, settled: true })
          tell({ volume: 1, path: last, readyBytes: mebibyte, settled: true })
        }),
      )
      assert.strictEqual(result.contentHash, sha256(first, second))
    }),
  )

  it.effect("digests the pieces, too", () =>
    Effect.gen(function* () {
      const content = randomBytes(2 * mebibyte + 5)
      const path = join(scratch, "pieces")
      writeFileSync(path, content)
      const result = yield* digestWhile(
        [content.length],
        ({ tell }) => Effect.sync(() => tell({ volume: 0, path, readyBytes: content.length, settled: true })),
        mebibyte,
      )
      assert.deepStrictEqual(result.volumes[0]?.pieces, [
        sha256(content.subarray(0, mebibyte)),
        sha256(content.subarray(mebibyte, 2 * mebibyte)),
        sha256(content.subarray(2 * mebibyte)),
      ])
    }),
  )

  it.effect("refuses a volume that ends with another size", () =>
    Effect.gen(function* () {
      const path = join(scratch, "wrong")
      writeFileSync(path, "four")
      const error = yield* Effect.flip(
        digestWhile([5], ({ tell }) => Effect.sync(() => tell({ volume: 0, path, readyBytes: 4, settled: true }))),
      )
      assert.strictEqual(error._tag === "CpuJobError" && error.reason, "unreadable")
    }),
  )

  it.effect(
    "leaves the pool's threads to other jobs, does not wait for other downloads, and stops when interrupted",
    () =>
      Effect.gen(function* () {
        const pool = yield* CpuPool
        const waiting = yield* Effect.forEach([1, 2, 3, 4], () =>
          Effect.forkChild(
            pool.digestWhileGrowing({ volumes: [{ bytes: 10, pieceBytes: null }], listTar: false }, () => {}),
          ),
        )
        const path = join(scratch, "other")
        writeFileSync(path, "other")
        const other = yield* pool.digest({ volumes: [{ path, pieceBytes: null }], listTar: false })
        assert.strictEqual(other.bytes, 5)
        const arrived = yield* digestWhile([5], ({ tell }) =>
          Effect.sync(() => tell({ volume: 0, path, readyBytes: 5, settled: true })),
        )
        assert.strictEqual(arrived.contentHash, sha256(Buffer.from("other")))
        yield* Effect.forEach(waiting, Fiber.interrupt, { concurrency: "unbounded" })
      }),
  )
})
