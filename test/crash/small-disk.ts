import { execFileSync } from "node:child_process"
import { statfsSync } from "node:fs"
import { mkdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"

const KIBIBYTE = 1024
const SIZE = "96m"

/** Folders that are mounted; a campaign that is broken off leaves none. */
const mounted = new Set<string>()
const unmount = (folder: string): void => {
  if (mounted.delete(folder)) execFileSync("umount", ["--lazy", folder])
}
process.on("exit", () => mounted.forEach(unmount))

/** A file system of its own for a worker's data, so small that it can be filled. Needs root. */
export class SmallDisk {
  readonly folder: string
  readonly #ballast: string

  private constructor(folder: string) {
    this.folder = folder
    this.#ballast = join(folder, "ballast")
  }

  /** Whether this user may mount one; elsewhere the disk is not filled, and the campaign says so. */
  static get isPossible(): boolean {
    if (process.platform !== "linux" || process.getuid?.() !== 0) return false
    try {
      execFileSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], { stdio: "ignore" })
      return true
    } catch {
      return false
    }
  }

  static async mount(folder: string): Promise<SmallDisk> {
    await mkdir(folder, { recursive: true })
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE}`, "tmpfs", folder])
    mounted.add(folder)
    return new SmallDisk(folder)
  }

  /** Fills the disk but for so many KiB. */
  async fill(kibibytesLeft: number): Promise<void> {
    const { bavail, bsize } = statfsSync(this.folder)
    const bytes = Math.max(0, bavail * bsize - kibibytesLeft * KIBIBYTE)
    await writeFile(this.#ballast, Buffer.alloc(bytes)).catch((error: NodeJS.ErrnoException) => {
      // The worker was faster: then it is full all the same.
      if (error.code !== "ENOSPC") throw error
    })
  }

  async makeRoom(): Promise<void> {
    await rm(this.#ballast, { force: true })
  }

  unmount(): void {
    unmount(this.folder)
  }
}
