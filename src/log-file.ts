import { mkdirSync, renameSync, rmSync, statSync } from "node:fs"
import { dirname } from "node:path"
import { type DestinationStream, destination } from "pino"

export interface LogFileOptions {
  readonly path: string
  /** A file that would become larger is put away as `<path>.1`, that one as `<path>.2`, and so on. */
  readonly maxBytes: number
  /** How many files are kept, the one that is written to included. */
  readonly files: number
}

const sizeOf = (path: string): number => {
  try {
    return statSync(path).size
  } catch {
    return 0
  }
}

const putAside = ({ files, path }: LogFileOptions): void => {
  rmSync(`${path}.${files - 1}`, { force: true })
  for (let number = files - 2; number >= 0; number--) {
    const from = number === 0 ? path : `${path}.${number}`
    if (sizeOf(from) > 0) renameSync(from, `${path}.${number + 1}`)
  }
}

/**
 * A log file of bounded size, and its predecessors: all of them take `maxBytes * files` at most, and one line more. Throws
 * the system's error when the folder cannot be made or the file not opened.
 */
export const openLogFile = (options: LogFileOptions): DestinationStream => {
  mkdirSync(dirname(options.path), { recursive: true })
  let size = sizeOf(options.path)
  const target = destination({ dest: options.path, sync: true, append: true })
  // A full disk costs log lines, not the worker.
  target.on("error", () => {})
  return {
    write: (line) => {
      const bytes = Buffer.byteLength(line)
      if (size > 0 && size + bytes > options.maxBytes) {
        target.flushSync()
        putAside(options)
        target.reopen()
        size = 0
      }
      target.write(line)
      size += bytes
    },
  }
}

/** The file and its predecessors, the oldest first. */
export const logFilesOf = (path: string, files: number): ReadonlyArray<string> =>
  Array.from({ length: files }, (_, index) => (index === files - 1 ? path : `${path}.${files - 1 - index}`)).filter(
    (file) => sizeOf(file) > 0,
  )
