import type { LogLine } from "../log-line.ts"

/** A line of TDLib's log: level, thread, Unix time, place in its source, tags, text (td/utils/logging.cpp). */
const TDLIB_LINE = /^\[ ?(?<level>\d+)\]\[t ?\d+\]\[[\d.]+\]\[(?<place>[^\]]*)\](?:\[[^\]]*\])*\t?(?<text>.*)$/
/** Its levels from FATAL on; what is beyond is debugging. */
const tdlibLevels = ["fatal", "error", "warn", "info"] as const
// biome-ignore lint/suspicious/noControlCharactersInRegex: TDLib colours its lines even where no terminal is.
const COLOURS = /\u001b\[[\d;]*m/g
const LONGEST = 2_000

/** Reads what a cell's process writes to standard error: TDLib's log, its own last words, and what nobody foresaw. */
export class CellStandardError {
  readonly #accountId: string
  #last: Pick<LogLine, "level" | "fields">
  #fatal: string | undefined

  constructor(accountId: string) {
    this.#accountId = accountId
    this.#last = this.#unforeseen
  }

  /** The last thing that TDLib said before it ended the process, if it did. */
  get fatal(): string | undefined {
    return this.#fatal
  }

  /** One line becomes one of ours. A message of TDLib may have several: they share its level. */
  read(raw: string, time: number): LogLine {
    const line = raw.replaceAll(COLOURS, "").slice(0, LONGEST)
    const { level, place = "", text = line } = TDLIB_LINE.exec(line)?.groups ?? {}
    if (level !== undefined) {
      const fields = { event: "tdlib.log", account: this.#accountId, place }
      this.#last = { level: tdlibLevels[Number(level)] ?? "debug", fields }
      if (level === "0") this.#fatal = text
    } else if (line.startsWith('{"event":"cell.ended"')) {
      this.#last = { ...this.#unforeseen, level: "debug" }
    } else if (line.startsWith("{") || this.#last.fields["event"] !== "tdlib.log") {
      this.#last = this.#unforeseen
    }
    return { ...this.#last, time, message: text }
  }

  get #unforeseen(): Pick<LogLine, "level" | "fields"> {
    return { level: "warn", fields: { event: "cell.stderr", account: this.#accountId } }
  }
}
