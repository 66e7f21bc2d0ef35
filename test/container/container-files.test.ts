import { existsSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { settings } from "../../src/config.ts"

const root = new URL("../../", import.meta.url)
const textOf = (path: string): string => readFileSync(new URL(path, root), "utf8")
const isThere = (path: string): boolean => existsSync(new URL(path, root))

const withoutComments = (text: string): string => text.replace(/^\s*#.*$/gm, "")
/** One instruction a line. */
const dockerfile = withoutComments(textOf("Dockerfile")).replace(/\\\n/g, " ")
const stages = dockerfile.split(/^(?=FROM )/m).filter((stage) => stage.startsWith("FROM "))
const image = stages.at(-1) ?? ""
const compose = withoutComments(textOf("compose.yaml"))

const instructions = (name: string, text: string): ReadonlyArray<string> =>
  [...text.matchAll(new RegExp(`^${name} (.*)$`, "gm"))].map(([, rest = ""]) => rest.trim())
/** What is copied out of this folder. */
const copied = instructions("COPY", dockerfile)
  .filter((rest) => !rest.startsWith("--from"))
  .flatMap((rest) => rest.split(/\s+/).slice(0, -1))
const ignore = textOf(".dockerignore")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))

/** Settings that the image or compose.yaml decides, or that nobody needs in a container. */
const decided = new Set([
  "DATABASE_URL_FILE",
  "TELEGRAM_API_HASH",
  "TELEGRAM_API_HASH_FILE",
  "STASH_DATA_DIR",
  "WORKER_TEMP_DIR",
  "TDLIB_STATE_DIR",
  "STASH_CONSOLE_PORT",
  "STASH_CONSOLE_TOKEN",
  "STASH_SANDBOX",
  "STASH_SANDBOX_CODES",
  "STASH_FAULT_POINTS",
])

describe("the Dockerfile", () => {
  it("copies what is there, and .dockerignore lets through that and nothing else", () => {
    expect(copied.length).toBeGreaterThan(4)
    expect(copied.filter((path) => !isThere(path))).toEqual([])
    const allowed = ignore.filter((line) => line.startsWith("!")).map((line) => line.slice(1))
    expect(ignore[0]).toBe("*")
    expect(allowed.toSorted()).toEqual([...new Set(copied)].toSorted())
  })

  it("leaves out of the image what is for tests alone", () => {
    const left = ignore.filter((line, index) => index > 0 && !line.startsWith("!"))
    expect(left).toContain("**/*.test.ts")
    expect(left.filter((line) => !line.includes("*") && !isThere(line))).toEqual([])
  })

  it("has a HEALTHCHECK and an ENTRYPOINT whose files are there", () => {
    const files = (name: string) =>
      [...(instructions(name, image)[0] ?? "").matchAll(/"(\S+\.ts)"/g)].map(([, file]) => file)
    expect(files("HEALTHCHECK")).toEqual(["src/console/health-probe.ts"])
    expect(files("ENTRYPOINT")).toEqual(["src/main.ts"])
    expect([...files("HEALTHCHECK"), ...files("ENTRYPOINT")].filter((file) => !isThere(file ?? ""))).toEqual([])
  })

  it("runs the worker under tini, as an ordinary user, with its data in the volume", () => {
    expect(instructions("ENTRYPOINT", image)[0]).toMatch(/^\["tini", "--", "node"/)
    expect(instructions("USER", image)).toEqual(["stash"])
    expect(instructions("ENV", image).join(" ")).toContain(`STASH_DATA_DIR=${instructions("VOLUME", image)[0]}`)
  })

  it("installs with npm in the first stage alone, so that the image has none", () => {
    expect(stages.length).toBe(2)
    expect(stages[0]).toContain("npm ci --omit=dev")
    expect(image).not.toMatch(/\bnpm\b|\bnpx\b|build-essential/)
    expect(image).not.toMatch(/^FROM \S*node:/)
  })
})

describe("compose.yaml", () => {
  it("passes on every setting that is not decided here", () => {
    const named = new Set([...compose.matchAll(/^\s+([A-Z][A-Z_]+):/gm)].map(([, name]) => name))
    expect(Object.keys(settings).filter((name) => !named.has(name) && !decided.has(name))).toEqual([])
  })

  it("keeps the volume, and gives a stop more time than the worker takes by default", () => {
    expect(compose).toContain(`stash:${instructions("VOLUME", image)[0]}`)
    const grace = Number(/^x-worker:[\s\S]*?stop_grace_period: (\d+)s/m.exec(compose)?.[1])
    expect(grace).toBeGreaterThanOrEqual(Number(settings.STASH_STOP_SECONDS.fallback) + 20)
  })

  it("publishes the console to this machine alone, and only with a token", () => {
    const ports = [...compose.matchAll(/ports: \[(.*)\]/g)].map(([, port]) => port)
    expect(ports.length).toBeGreaterThan(0)
    for (const port of ports) expect(port).toMatch(/^"127\.0\.0\.1:.*:8787"$/)
    expect(compose).toContain("STASH_CONSOLE_TOKEN_FILE: /run/secrets/console_token")
    expect(settings.STASH_CONSOLE_PORT.fallback).toBe("8787")
  })

  it("takes no secret but from a file that git does not see", () => {
    const files = [...compose.matchAll(/file: \.\/(.*?)\/\w+/g)].map(([, folder]) => folder)
    expect(new Set(files)).toEqual(new Set(["secrets"]))
    expect(textOf(".gitignore").split("\n")).toContain("secrets/")
    for (const name of ["TELEGRAM_API_HASH", "STASH_CONSOLE_TOKEN", "POSTGRES_PASSWORD"])
      expect(compose).not.toMatch(new RegExp(`^\\s+(- )?${name}[:=\\s]`, "m"))
  })
})

describe("README.md", () => {
  const [, chapter = ""] = textOf("README.md").split("### In a container")
  const section = chapter.split(/^##/m)[0] ?? ""

  it("says of every exit code of the worker what a restart policy makes of it", () => {
    const parked = /EXIT_PARKED = (\d+)/.exec(textOf("src/cli/stash.ts"))?.[1]
    expect(parked).toBeDefined()
    for (const code of ["0", "1", "137", parked]) expect(section).toMatch(new RegExp(`^\\| ${code} `, "m"))
    for (const policy of ["`no`", "`on-failure`", "`unless-stopped`"]) expect(section).toContain(policy)
  })

  it("names every secret file that compose.yaml asks for", () => {
    const files = [...compose.matchAll(/file: \.\/(secrets\/\w+)/g)].map(([, file = ""]) => file)
    expect(files.length).toBeGreaterThan(0)
    expect(files.filter((file) => !section.includes(file))).toEqual([])
  })
})
