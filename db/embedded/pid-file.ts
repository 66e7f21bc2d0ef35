import { readFile, rm } from "node:fs/promises"
import { join } from "node:path"

/** The lines of postmaster.pid that matter here (miscadmin.h: LOCK_FILE_LINE_PID 1, _PORT 4, _PM_STATUS 8). */
export interface PidFile {
  readonly pid: number
  readonly port: number
  readonly ready: boolean
}

export const readPidFile = async (dataDirectory: string): Promise<PidFile | undefined> => {
  const text = await readFile(join(dataDirectory, "postmaster.pid"), "utf8").catch(() => undefined)
  if (text === undefined) return undefined
  const lines = text.split("\n")
  return { pid: Number(lines[0]), port: Number(lines[3]), ready: lines[7]?.trim() === "ready" }
}

/**
 * Deletes a pid file whose server is gone. PostgreSQL does so itself, unless the number now belongs to another process, as happens in
 * containers, where few numbers are in use, or to a zombie. A file whose process is a server on this directory stays.
 */
export const removeStalePidFile = async (dataDirectory: string): Promise<void> => {
  const file = await readPidFile(dataDirectory)
  if (file === undefined || (await isServerOn(dataDirectory, file.pid))) return
  await rm(join(dataDirectory, "postmaster.pid"), { force: true })
}

/** The port of the server that runs on this directory and takes connections; undefined when there is none. */
export const portOfRunning = async (dataDirectory: string): Promise<number | undefined> => {
  const file = await readPidFile(dataDirectory)
  return file?.ready === true && (await isServerOn(dataDirectory, file.pid)) ? file.port : undefined
}

/** A zombie has an empty command line. */
const isServerOn = async (dataDirectory: string, pid: number): Promise<boolean> => {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")
  const words = commandLine.split("\0")
  return words.some((word) => word.endsWith("/postgres")) && words.includes(dataDirectory)
}
