import { execFile } from "node:child_process"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import { allRoutes } from "../control/all-routes.ts"
import { temporaryDirectory } from "../testing/temporary-directory.ts"
import { loadWorld } from "../world.ts"

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

describe("What the README says of the sandbox", () => {
  it("begins with an example that runs", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [pathOf("plain-tdl.ts")])
    expect(stdout).toBe("Alice is in 1 chat\n")
  }, 60_000)

  it("shows that example as it is", async () => {
    const example = await readFile(pathOf("plain-tdl.ts"), "utf8")
    const readme = await readFile(pathOf("../../../README.md"), "utf8")
    const shown = /```ts\n([\s\S]*?)```/.exec(readme)?.[1]
    expect(shown?.replace("dragons-stash-worker/src/sandbox/sandbox.ts", "../sandbox.ts")).toBe(example)
  })

  it("shows a world that can be loaded", async () => {
    await using directory = await temporaryDirectory()
    const readme = await readFile(pathOf("../../../README.md"), "utf8")
    const path = join(directory.path, "world.json")
    await writeFile(path, /```json\n([\s\S]*?)```/.exec(readme)?.[1] ?? "")
    await writeFile(join(directory.path, "cat.zip"), "cat")
    expect(loadWorld(path).world.channels.map(({ name }) => name)).toEqual(["models"])
  })

  it("lists every route of the control interface, and no other", async () => {
    const readme = await readFile(pathOf("../../../README.md"), "utf8")
    const listed = [...readme.matchAll(/^\| `((?:GET|POST|DELETE) [^`]+)`/gm)].map(([, route]) => route)
    expect(listed.sort()).toEqual(allRoutes.map(({ method, path }) => `${method} ${path}`).sort())
  })
})
