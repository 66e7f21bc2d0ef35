import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { makeArchive } from "../../archive-files.ts"
import { MEBIBYTE } from "../measure.ts"

/** Archives that nobody has seen yet, in a folder that goes with them. */
export class MadeArchives implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "bench-archives-"))
  #made = 0

  /** So many archives of about so many MiB, with what 7-Zip puts around the content. */
  async make(count: number, mebibytes: number): Promise<ReadonlyArray<string>> {
    const paths: Array<string> = []
    for (let index = 0; index < count; index++)
      paths.push(await makeArchive(this.#folder, `Archive ${++this.#made}.zip`, mebibytes * MEBIBYTE - 200))
    return paths
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
