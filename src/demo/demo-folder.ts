import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

export interface DemoFolder {
  readonly path: string
  /** True when an earlier demo was interrupted here and this one goes on with its data. */
  readonly isContinued: boolean
  /** Notes that the demo ran to its end: the next one starts afresh. */
  readonly markDone: () => void
}

/**
 * Opens the folder of the demo. An interrupted demo is continued on its own data, to show what the worker does after a
 * crash; a finished one is replaced. Only a folder that carries the demo's own marker is ever removed.
 */
export const openDemoFolder = (path: string, startFresh: boolean): DemoFolder => {
  const marker = join(path, "demo-state")
  const state = existsSync(marker) ? readFileSync(marker, "utf8") : undefined
  const isContinued = state === "running" && !startFresh
  if (state !== undefined && !isContinued) rmSync(path, { recursive: true, force: true })
  // Traversable by the database's own user when the demo runs as root.
  mkdirSync(path, { recursive: true, mode: 0o755 })
  writeFileSync(marker, "running")
  return { path, isContinued, markDone: () => writeFileSync(marker, "done") }
}
