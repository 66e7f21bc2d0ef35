import { readdir, readFile } from "node:fs/promises"
import { Effect } from "effect"

/** What Linux tells of a process; undefined where it tells nothing, as of one that has ended. */
const ofProcess = <A>(read: () => Promise<A>): Effect.Effect<A | undefined> =>
  Effect.catch(Effect.tryPromise(read), () => Effect.succeed(undefined))

/** Resident memory of a process, in bytes. */
export const residentBytes = (processId: number): Effect.Effect<number | undefined> =>
  ofProcess(async () => {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${processId}/status`, "utf8"))?.[1]
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
  })

/** Files and sockets that this process has open. */
export const openDescriptors: Effect.Effect<number | undefined> = ofProcess(
  async () => (await readdir("/proc/self/fd")).length,
)
