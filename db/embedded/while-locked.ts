import { spawn } from "node:child_process"
import { once } from "node:events"
import { EmbeddedPostgresError } from "./error.ts"

/**
 * Does something while no other process does it under the same lock file, which is made if missing. flock(1) holds the lock, and
 * lets go of it when its input ends: when the work is done, or this process has died. Waits as long as others take.
 */
export const whileLocked = async <A>(file: string, work: () => Promise<A>): Promise<A> => {
  const holder = spawn("flock", [file, "sh", "-c", "echo locked; exec cat"], { stdio: ["pipe", "pipe", "ignore"] })
  const ended = once(holder, "close").then(
    () => "ended",
    (error: unknown) => String(error),
  )
  const locked = once(holder.stdout, "data").then(() => undefined)
  const failure = await Promise.race([locked, ended])
  if (failure !== undefined)
    throw new EmbeddedPostgresError({
      reason: "start_failed",
      message: `${file} could not be locked: flock ${failure}`,
    })
  try {
    return await work()
  } finally {
    holder.stdin.end()
    await ended
  }
}
