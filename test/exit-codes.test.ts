import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { freshDatabase } from "./fresh-database.ts"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

let environment: Readonly<Record<string, string | undefined>> = {}
let folder = ""
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "stash-exit-"))
  environment = { PATH: process.env["PATH"], STASH_DATA_DIR: folder, DATABASE_URL: await freshDatabase() }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

interface Run {
  readonly args: ReadonlyArray<string>
  readonly node?: ReadonlyArray<string>
  readonly settings?: Readonly<Record<string, string>>
  /** Sends SIGTERM once it has printed something. */
  readonly isStopped?: boolean
}

const run = async ({ args, isStopped = false, node = [], settings = {} }: Run) => {
  const child = spawn(process.execPath, [...node, main, ...args], {
    env: { ...environment, ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  })
  let said = ""
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text
    })
  if (isStopped) child.stdout.once("data", () => child.kill("SIGTERM"))
  const [code] = (await once(child, "close")) as [number | null]
  return { code, said }
}

/** As if this were another Node. */
const olderNode = `data:text/javascript,Object.defineProperty(process, "versions", { value: { ...process.versions, node: "22.18.0" } })`

describe("a command's exit code", () => {
  it("is 0 when it has done what it is for", async () => {
    expect(await run({ args: ["account", "list", "--json"] })).toMatchObject({ code: 0 })
  }, 60_000)

  it("is 0 of what goes on until it is stopped, when that happens", async () => {
    const { code, said } = await run({ args: ["status", "--watch", "--json"], isStopped: true })
    expect([code, said.trimStart()[0]]).toEqual([0, "{"])
  }, 60_000)

  it("is 1 when it was not done, with a sentence why", async () => {
    expect(await run({ args: ["account", "pause", "Nobody"] })).toMatchObject({
      code: 1,
      said: expect.stringContaining("Nobody"),
    })
    expect(await run({ args: ["config"], settings: { LOG_LEVEL: "loud" } })).toMatchObject({
      code: 1,
      said: expect.stringContaining("LOG_LEVEL=loud: expected one of trace"),
    })
  }, 60_000)

  it("is 1 for a command that there is not", async () => {
    expect(await run({ args: ["acount"] })).toMatchObject({ code: 1 })
  }, 60_000)

  it("is 78 on a Node that is too old, which is said", async () => {
    const { code, said } = await run({ args: ["config"], node: ["--import", olderNode] })
    expect([code, said]).toEqual([78, expect.stringContaining("stash needs Node 24")])
  }, 60_000)
})
