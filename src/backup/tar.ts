import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { Effect } from "effect"
import { BackupError } from "./manifest.ts"

const run = (what: string, args: ReadonlyArray<string>) =>
  Effect.tryPromise({
    try: (signal) => promisify(execFile)("tar", [...args], { signal, maxBuffer: 2 ** 20 }),
    catch: (error) => {
      const said = String((error as { readonly stderr?: unknown }).stderr ?? "").trim()
      return new BackupError({ why: `${what}: ${said === "" ? String(error) : said.slice(-500)}` })
    },
  }).pipe(Effect.asVoid)

/** Puts all of a folder into a compressed file. Takes as long as there is to write. */
export const packFolder = (folder: string, file: string) =>
  run("the backup cannot be written", ["-czf", file, "-C", folder, "."])

/** The reverse, into an empty folder; owners are left to whoever does it. */
export const unpackFile = (file: string, folder: string) =>
  run("the backup cannot be read", ["-xzf", file, "-C", folder, "--no-same-owner"])
