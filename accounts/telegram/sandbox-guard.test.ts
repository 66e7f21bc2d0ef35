import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { getTdjson } from "prebuilt-tdlib"
import { requirePatchedLibrary } from "./sandbox-guard.ts"

describe("sandbox mode", () => {
  it.effect("refuses the library as it comes from the registry, which would talk to Telegram", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(requirePatchedLibrary(getTdjson()))
      assert.strictEqual(error._tag, "UnpatchedLibrary")
    }),
  )

  it.effect("refuses a library that is not there", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(requirePatchedLibrary("/nonexistent/libtdjson.so"))
      assert.include(error.found, "nothing readable")
    }),
  )

  it.effect("takes a library without any mark of Telegram", () =>
    Effect.gen(function* () {
      const folder = yield* Effect.promise(() => mkdtemp(join(tmpdir(), "stash-guard-")))
      const library = join(folder, "libtdjson.so")
      yield* Effect.promise(() => writeFile(library, "patched"))
      yield* requirePatchedLibrary(library)
      yield* Effect.promise(() => rm(folder, { recursive: true }))
    }),
  )
})
