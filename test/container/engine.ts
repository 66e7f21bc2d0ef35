import { execFile } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"

const run = promisify(execFile)

/** What a program said and how it ended; a program that was not there, or took too long, throws. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const stop = new AbortController()
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)))

const end = async (command: ReadonlyArray<string>, seconds: number, signal?: AbortSignal): Promise<Ended> => {
  const [program = "", ...parameters] = command
  try {
    const limits = { timeout: seconds * 1000, maxBuffer: 64 * 1024 * 1024, ...(signal && { signal }) }
    return { code: 0, ...(await run(program, parameters, limits)) }
  } catch (error) {
    const { code, stderr, stdout } = error as { code?: unknown; stdout?: string; stderr?: string }
    if (typeof code !== "number") throw error
    return { code, stdout: stdout ?? "", stderr: stderr ?? "" }
  }
}

/** Runs a program to its end; `seconds` bounds it, and a signal to us ends it. */
export const call = (command: ReadonlyArray<string>, seconds: number): Promise<Ended> =>
  end(command, seconds, stop.signal)

/** What is made is removed even when we are to end; whether that went well changes nothing. */
export const cleanUp = (command: ReadonlyArray<string>, seconds: number): Promise<unknown> =>
  end(command, seconds).catch(() => undefined)

/** The same as `call`, where only success is of use. @returns what it printed, trimmed */
export const must = async (command: ReadonlyArray<string>, seconds: number): Promise<string> => {
  const { code, stderr, stdout } = await call(command, seconds)
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}:\n${(stdout + stderr).slice(-4000)}`)
  return stdout.trim()
}

/** What builds images and runs containers on this machine. */
export interface Engine {
  readonly name: string
  /** Prefix of every command about containers and images. */
  readonly containers: ReadonlyArray<string>
  /** The whole command that builds this folder; the tag and the folder follow. */
  readonly build: ReadonlyArray<string>
  /** What every `run` needs beside its own options. */
  readonly run: ReadonlyArray<string>
  /** Makes images without a Dockerfile; Docker cannot. */
  readonly buildah: ReadonlyArray<string> | undefined
}

const isThere = (command: ReadonlyArray<string>): Promise<boolean> =>
  call(command, 20).then(
    ({ code }) => code === 0,
    () => false,
  )

/** A registry behind a certificate authority of one's own is reached in the build as it is here: by npm's `cafile`. */
const npmAuthority = async (folder: string): Promise<ReadonlyArray<string>> => {
  const file = await must(["npm", "config", "get", "cafile"], 20)
  if (file === "" || file === "null") return []
  const inside = "/etc/npm-authority.crt"
  writeFileSync(join(folder, "npmrc"), `cafile=${inside}\n`)
  return ["--volume", `${file}:${inside}:ro`, "--volume", `${join(folder, "npmrc")}:/usr/local/etc/npmrc:ro`]
}

/** Containers and images of our own, so that nothing of the user's is touched. */
const podman = async (folder: string, standIn: boolean): Promise<Engine> => {
  mkdirSync(folder, { recursive: true })
  const store = ["--root", join(folder, "root"), "--runroot", join(folder, "runroot"), "--storage-driver", "overlay"]
  const buildah = ["buildah", ...store]
  const pull = standIn ? ["--pull=never"] : []
  return {
    name: "buildah and podman",
    // runc, since crun refuses machines with both generations of cgroups; no systemd is needed.
    containers: ["podman", ...store, "--cgroup-manager", "cgroupfs", "--runtime", "runc", "--events-backend", "file"],
    build: [
      ...[...buildah, "bud", "--isolation", "chroot", ...pull],
      // The OCI format has no place for a HEALTHCHECK.
      ...["--format", "docker", "--layers", ...(await npmAuthority(folder))],
    ],
    // Limits of its own, which it may set without privileges; the check of health is run by us.
    run: ["--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096", "--health-interval=disable", "--pull=never"],
    buildah,
  }
}

const MISSING = `There is nothing here to build and run an image with. Needed is one of
  - Docker, with its daemon running and this user allowed to use it (docker info)
  - buildah, podman and runc, as root (on Debian: apt-get install --no-install-recommends buildah podman runc)
and, for --stand-in, mmdebstrap and the second of them.`

/** The first engine that works here. Throws and says what is missing. */
export const findEngine = async (folder: string, standIn: boolean): Promise<Engine> => {
  if (!standIn && (await isThere(["docker", "info"])))
    return { name: "docker", containers: ["docker"], build: ["docker", "build"], run: [], buildah: undefined }
  const needed = ["buildah", "podman", "runc", ...(standIn ? ["mmdebstrap"] : [])]
  const found = await Promise.all(needed.map((program) => isThere([program, "--version"])))
  const missing = needed.filter((_, index) => !found[index])
  if (missing.length === 0) return podman(folder, standIn)
  throw new Error(`${MISSING}\nNot found: docker's daemon, ${missing.join(", ")}`)
}
