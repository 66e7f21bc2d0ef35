import { createPublicKey, generateKeyPairSync } from "node:crypto"
import { readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { isFindable, LibraryPatchError, patchedLibrary, patchLibrary } from "./library.ts"
import { temporaryDirectory } from "./testing/temporary-directory.ts"

describe("The patched library", () => {
  it("is made once by processes that ask at the same time, with one key", async () => {
    await using directory = await temporaryDirectory()
    const made = await Promise.all([1, 2, 3].map(() => patchedLibrary(directory.path)))
    expect(new Set(made.map(({ path }) => path)).size).toBe(1)
    expect(new Set(made.map(({ privateKey }) => privateKey.export({ type: "pkcs1", format: "pem" }))).size).toBe(1)
  })

  it("holds our key in place of Telegram's, no recovery host, and keeps its length", async () => {
    await using directory = await temporaryDirectory()
    const { path, privateKey } = await patchedLibrary(directory.path)
    const library = await readFile(path)
    const ours = createPublicKey(privateKey).export({ type: "pkcs1", format: "pem" }).toString().trimEnd()
    const first = library.indexOf(ours)
    expect(first).toBeGreaterThan(0)
    expect(library.indexOf(ours, first + 1)).toBeGreaterThan(first)
    expect(library.includes("MIIBCgKCAQEA6LszBcC1LGzyr992NzE0ieY")).toBe(false)
    expect(library.includes("https://dns.google/")).toBe(false)
  })

  it("lets only its owner read the key, and is not made again when it is there", async () => {
    await using directory = await temporaryDirectory()
    const { path } = await patchedLibrary(directory.path)
    await writeFile(path, "as it was left")
    await patchedLibrary(directory.path)
    expect(await readFile(path, "utf8")).toBe("as it was left")
    expect((await stat(join(directory.path, "server-key.pem"))).mode & 0o777).toBe(0o600)
  })

  it("has no key whose fingerprint begins with a zero digit, which mtcute would not find", () => {
    expect(isFindable(0x0c1890c9e091c776n)).toBe(false)
    expect(isFindable(0x1000000000000000n)).toBe(true)
    expect(isFindable(-1n)).toBe(true)
  })

  it("is refused for a library that is not the TDLib we know", () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
    expect(() => patchLibrary(Buffer.from("another library"), privateKey)).toThrow(LibraryPatchError)
  })

  it("says so when its directory cannot be made", async () => {
    await expect(patchedLibrary("/dev/null/x")).rejects.toThrow("cannot be prepared in /dev/null/x")
  })
})
