import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** Those that are there; a bench that is broken off takes them along, which may be gigabytes. */
const there = new Set<TemporaryFolder>()
process.on("exit", () => {
  for (const folder of there) folder[Symbol.dispose]()
})

/** A new folder that goes with what it was made for. */
export class TemporaryFolder implements Disposable {
  readonly path: string

  constructor(prefix: string) {
    this.path = mkdtempSync(join(tmpdir(), prefix))
    there.add(this)
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    there.delete(this)
  }
}
