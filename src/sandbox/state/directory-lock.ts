import { createHash } from "node:crypto"
import { realpathSync } from "node:fs"
import { createServer } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { JournalError } from "./journal.ts"

const ATTEMPTS = 50
const PAUSE_MILLISECONDS = 100

const isInUse = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "EADDRINUSE"

const tryLock = (name: string): Promise<() => Promise<void>> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once("error", reject)
    server.listen(name, () => resolve(() => new Promise((closed) => server.close(() => closed()))))
  })

const nameOf = (directory: string): string =>
  `\0dragons-stash-sandbox-${createHash("sha256").update(realpathSync(directory)).digest("hex")}`

/** Whether some process has locked this directory. */
export const isDirectoryInUse = async (directory: string): Promise<boolean> => {
  if (process.platform !== "linux") return true
  try {
    const unlock = await tryLock(nameOf(directory))
    await unlock()
    return false
  } catch (error) {
    if (isInUse(error)) return true
    throw error
  }
}

/**
 * Makes this process the only one that uses a directory, until the returned function is called or the process ends in
 * whatever way. The lock is an abstract Unix socket address, which the kernel frees by itself. A process that is about
 * to end is waited for, five seconds. Rejects with JournalError. Linux only; elsewhere there is no lock.
 */
export const lockDirectory = async (directory: string): Promise<() => Promise<void>> => {
  if (process.platform !== "linux") return async () => undefined
  const name = nameOf(directory)
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryLock(name)
    } catch (error) {
      if (!isInUse(error)) throw error
      if (attempt === ATTEMPTS) throw new JournalError(`another sandbox is using ${directory}`, { cause: error })
      await sleep(PAUSE_MILLISECONDS)
    }
  }
}
