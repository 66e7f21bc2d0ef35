import { existsSync } from "node:fs"
import { readFile, stat } from "node:fs/promises"
import { userInfo } from "node:os"
import { dirname } from "node:path"
import { EmbeddedPostgresError } from "./error.ts"

/** Whom the server runs as, and the setpriv(1) arguments that bring it there. */
export interface Identity {
  readonly uid: number
  readonly gid: number
  readonly setpriv: ReadonlyArray<string>
}

/**
 * PostgreSQL refuses to run as root. Started as root, the server becomes the owner of its existing data directory, or else the user
 * postgres, or else nobody; started as an ordinary user, it stays that. `paths` are the files that it must be able to reach.
 */
export const chooseIdentity = async (dataDirectory: string, paths: ReadonlyArray<string>): Promise<Identity> => {
  const owner = existsSync(dataDirectory) ? await stat(dataDirectory) : undefined
  if (process.getuid?.() !== 0) return ordinaryUser(dataDirectory, owner?.uid)
  const { uid, gid } = owner !== undefined && owner.uid !== 0 ? owner : await serverUser()
  const become = ["--reuid", String(uid), "--regid", String(gid), "--clear-groups", "--no-new-privs"]
  for (const path of paths) {
    const obstacle = await findObstacle(path, uid, gid)
    if (obstacle !== undefined) return { uid, gid, setpriv: [...become, ...(await passPrivilege(obstacle, uid))] }
  }
  return { uid, gid, setpriv: [...become, "--inh-caps=-all"] }
}

const ordinaryUser = (dataDirectory: string, ownerUid: number | undefined): Identity => {
  const uid = process.getuid?.() ?? -1
  if (!hasName()) {
    throw new EmbeddedPostgresError({
      reason: "no_user",
      message:
        `PostgreSQL cannot run as uid ${uid}, which has no entry in /etc/passwd. ` +
        "Run the worker as a named user (in the container image: node), or set DATABASE_URL.",
    })
  }
  if (ownerUid !== undefined && ownerUid !== uid) {
    throw new EmbeddedPostgresError({
      reason: "foreign_data",
      message:
        `${dataDirectory} belongs to uid ${ownerUid}, and this is uid ${uid}: it was made by another user or by root. ` +
        `Run the worker as that user, or give the directory to this one (chown -R ${uid} ${dirname(dataDirectory)}).`,
    })
  }
  return { uid, gid: process.getgid?.() ?? -1, setpriv: [] }
}

const hasName = (): boolean => {
  try {
    return userInfo().username !== ""
  } catch {
    return false
  }
}

const serverUser = async (): Promise<{ uid: number; gid: number }> => {
  const entries = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"))
  for (const name of ["postgres", "nobody"]) {
    const entry = entries.find(([user]) => user === name)
    if (entry !== undefined) return { uid: Number(entry[2]), gid: Number(entry[3]) }
  }
  throw new EmbeddedPostgresError({
    reason: "no_user",
    message:
      "PostgreSQL does not run as root, and this machine has neither a user postgres nor a user nobody. " +
      "Run the worker as an ordinary user, or set DATABASE_URL.",
  })
}

/** The first directory on the way to `path` that the user may not pass. Access lists are not looked at. */
const findObstacle = async (path: string, uid: number, gid: number): Promise<string | undefined> => {
  const directories: Array<string> = []
  for (let directory = dirname(path); ; directory = dirname(directory)) {
    directories.unshift(directory)
    if (directory === dirname(directory)) break
  }
  for (const directory of directories) {
    const { mode, uid: owner, gid: group } = await stat(directory)
    const bit = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001
    if ((mode & bit) === 0) return directory
  }
  return undefined
}

/**
 * Below a directory that is closed to it (say, root's home) the server keeps one of root's privileges: to read and pass any
 * directory, or, where a container lacks that one (Docker's default), to pass any permission check. It is an ambient capability, which
 * survives exec without a change of identity, so that the death signal stays set. "no_setuid_fixup" makes access(2), which initdb
 * and postgres call, count it (credentials(7), capabilities(7)).
 */
const passPrivilege = async (obstacle: string, uid: number): Promise<ReadonlyArray<string>> => {
  const status = await readFile("/proc/self/status", "utf8")
  const permitted = BigInt(`0x${/^CapPrm:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`)
  const has = (bit: bigint) => (permitted & (1n << bit)) !== 0n
  const capability = has(capabilityBits.dac_read_search)
    ? "dac_read_search"
    : has(capabilityBits.dac_override)
      ? "dac_override"
      : undefined
  if (capability === undefined || !has(capabilityBits.setpcap)) {
    throw new EmbeddedPostgresError({
      reason: "unreachable",
      message:
        `The database server runs as uid ${uid}, which may not enter ${obstacle}. Open it (chmod o+x ${obstacle}), ` +
        "move the project and STASH_DATA_DIR elsewhere, run the worker as an ordinary user, or set DATABASE_URL.",
    })
  }
  return [`--inh-caps=-all,+${capability}`, `--ambient-caps=-all,+${capability}`, "--securebits=+no_setuid_fixup"]
}

/** Numbers from linux/capability.h. */
const capabilityBits = { dac_override: 1n, dac_read_search: 2n, setpcap: 8n } as const
