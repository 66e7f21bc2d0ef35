/**
 * Checks that package-lock.json names every optional platform package of every dependency, and adds the missing ones
 * with `--mend`.
 *
 * Why: npm drops an optional dependency from the lock file when the registry it ran against does not have it (or when
 * it does not fit the machine), and `npm ci` then refuses the lock file everywhere ("Missing: ... from lock file").
 */
import { readFileSync, writeFileSync } from "node:fs"

interface LockedPackage {
  version?: string
  optional?: boolean
  dev?: boolean
  os?: ReadonlyArray<string>
  optionalDependencies?: Record<string, string>
}

interface LockFile {
  packages: Record<string, LockedPackage>
}

const platforms = ["linux", "darwin", "win32", "android", "freebsd", "openbsd", "netbsd", "sunos", "aix", "openharmony"]

/** The operating system a platform package is for, read from its name ("@biomejs/cli-darwin-x64" is "darwin"). */
const platformOf = (name: string): string =>
  platforms.find((platform) => name.split(/[-/]/).includes(platform)) ?? "unknown"

const isMissing = (lock: LockFile, parent: string, name: string): boolean =>
  lock.packages[`node_modules/${name}`] === undefined && lock.packages[`${parent}/node_modules/${name}`] === undefined

const missingPackages = (lock: LockFile) =>
  Object.entries(lock.packages).flatMap(([path, locked]) =>
    path === ""
      ? []
      : Object.entries(locked.optionalDependencies ?? {})
          .filter(([name]) => isMissing(lock, path, name))
          .map(([name, version]) => ({ name, version, dev: locked.dev === true })),
  )

const file = new URL("../../package-lock.json", import.meta.url)
const lock = JSON.parse(readFileSync(file, "utf8")) as LockFile
const missing = missingPackages(lock)

if (missing.length === 0) {
  console.log("package-lock.json names every optional package")
} else if (process.argv.includes("--mend")) {
  for (const { name, version, dev } of missing) {
    lock.packages[`node_modules/${name}`] = {
      version: version.replace(/^[^\d]*/, ""),
      ...(dev ? { dev } : {}),
      optional: true,
      os: [platformOf(name)],
    }
  }
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1))
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`)
  console.log(`package-lock.json: added ${missing.map((entry) => entry.name).join(", ")}`)
} else {
  console.error(`package-lock.json lacks ${missing.map((entry) => entry.name).join(", ")}.`)
  console.error("npm ci would refuse it. Run: node test/project/lock-file.ts --mend")
  process.exitCode = 1
}
