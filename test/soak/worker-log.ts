import { closeSync, openSync, readSync } from "node:fs"

/** What the soak reads of a line of the worker's log; `time` in Unix milliseconds. */
export interface LogEntry {
  readonly event: string
  readonly time: number
  readonly account: string
  readonly level: string
  readonly message: string
  readonly to?: string
  readonly pid?: number
  readonly reason?: string
}

const entryOf = (line: string): LogEntry | undefined => {
  if (!line.startsWith("{")) return undefined
  const { account = "", event = "", msg = "", ...fields } = JSON.parse(line)
  return { ...fields, account, event, message: msg }
}

/** Reads what has been added to a log file since it was last asked. */
export class WorkerLog {
  readonly #path: string
  #position = 0
  readonly #decoder = new TextDecoder()
  #rest = ""

  constructor(path: string) {
    this.#path = path
  }

  read(): ReadonlyArray<LogEntry> {
    const file = openSync(this.#path, "r")
    const buffer = Buffer.alloc(256 * 1024)
    try {
      for (;;) {
        const bytes = readSync(file, buffer, 0, buffer.length, this.#position)
        if (bytes === 0) break
        this.#position += bytes
        // A letter that was cut in two comes together again.
        this.#rest += this.#decoder.decode(buffer.subarray(0, bytes), { stream: true })
      }
    } finally {
      closeSync(file)
    }
    const lines = this.#rest.split("\n")
    this.#rest = lines.pop() ?? ""
    return lines.flatMap((line) => entryOf(line) ?? [])
  }
}
