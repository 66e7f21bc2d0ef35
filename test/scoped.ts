import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { type SandboxOptions, startSandbox } from "../src/sandbox/sandbox.ts"

/** A folder that is removed with the scope. */
export const scopedFolder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "stash-test-"))),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true })),
)

/** A sandbox that is closed with the scope. */
export const scopedSandbox = (options: SandboxOptions) =>
  Effect.acquireRelease(
    Effect.promise(() => startSandbox(options)),
    (sandbox) => Effect.promise(() => sandbox.close()),
  )
