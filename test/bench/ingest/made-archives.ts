import { spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { join } from "node:path"
import { pipeline } from "node:stream/promises"
import { sevenZipPath } from "../../../src/cpu/seven-zip.ts"
import { makeArchive } from "../../archive-files.ts"
import { MEBIBYTE } from "../measure.ts"
import { TemporaryFolder } from "../temporary-folder.ts"

function* randomMebibytes(count: number): Generator<Buffer> {
  for (let made = 0; made < count; made++) yield randomBytes(MEBIBYTE)
}

/** Archives that nobody has seen yet, in a folder that goes with them. */
export class MadeArchives implements Disposable {
  readonly #folder = new TemporaryFolder("bench-archives-")
  #made = 0

  /** So many archives of about so many MiB, with what 7-Zip puts around the content. */
  async make(count: number, mebibytes: number): Promise<ReadonlyArray<string>> {
    const paths: Array<string> = []
    for (let index = 0; index < count; index++)
      paths.push(await makeArchive(this.#folder.path, `Archive ${++this.#made}.zip`, mebibytes * MEBIBYTE - 200))
    return paths
  }

  /** One archive that is larger than memory. */
  async makeLarge(mebibytes: number): Promise<string> {
    const path = join(this.#folder.path, `Large ${mebibytes}.zip`)
    const packer = spawn(sevenZipPath(), ["a", "-tzip", "-mx=0", "-siDragon.stl", path], {
      stdio: ["pipe", "ignore", "inherit"],
    })
    const ended = once(packer, "exit")
    await pipeline(randomMebibytes(mebibytes), packer.stdin)
    const [code] = await ended
    if (code !== 0) throw new Error(`7-Zip ended with ${code}`)
    return path
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]()
  }
}
