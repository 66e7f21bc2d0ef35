import { appendFileSync, chmodSync, cpSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, relative } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { engineFor, findSevenZip, SevenZipUnavailable, sevenZipPath } from "./seven-zip-program.ts"

const scratch = mkdtempSync(join(tmpdir(), "seven-zip-"))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const platform = `${process.platform}/${process.arch}`
/** The package's folder; an executable lies three levels below it. */
const home = join(dirname(sevenZipPath()), "..", "..")
const folder = relative(home, dirname(sevenZipPath()))

/** A copy of the executables for this platform, changed in some way. */
const copyWith = (change: (path: string) => void): string => {
  const copy = mkdtempSync(join(scratch, "home-"))
  for (const name of ["7zz", "7zzs"]) {
    cpSync(join(home, folder, name), join(copy, folder, name))
    change(join(copy, folder, name))
  }
  return copy
}

describe("which 7-Zip is run", () => {
  it("is the program where it can be started, found in the order of the list", () => {
    expect(engineFor(() => findSevenZip(platform, home))).toBe("program")
    expect(
      findSevenZip(
        platform,
        copyWith(() => {}),
      ),
    ).toMatch(/7zz$/)
    const copy = copyWith((path) => path.endsWith("7zz") && chmodSync(path, 0o644))
    expect(findSevenZip(platform, copy)).toMatch(/7zzs$/)
  })

  it("is the WebAssembly where no program may be started, is there, or is made for the platform", () => {
    const copy = copyWith((path) => chmodSync(path, 0o644))
    expect(engineFor(() => findSevenZip(platform, copy))).toBe("wasm")
    expect(engineFor(() => findSevenZip(platform, scratch))).toBe("wasm")
    expect(engineFor(() => findSevenZip("freebsd/x64", home))).toBe("wasm")
  })

  it("is neither when the program is another one", () => {
    const copy = copyWith((path) => appendFileSync(path, "more"))
    expect(() => engineFor(() => findSevenZip(platform, copy))).toThrow(SevenZipUnavailable)
  })
})
