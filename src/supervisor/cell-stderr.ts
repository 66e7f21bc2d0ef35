import type { LogLine } from "../log-line.ts"

const LONGEST_MESSAGE = 2_000

// biome-ignore lint/suspicious/noControlCharactersInRegex: TDLib colours its lines for a terminal.
const colours = /\u001b\[[\d;]*m/g
/** TDLib: "[ 1][t 4][time][File.cpp:160][#1][!actor]", a tab, and the message. */
const tdlibLine = /^\[ ?(\d+)\]\[t ?\d+\]\[[\d.]+\]\[([^\]]*)\][^\t]*\t(.*)$/s

/** TDLib's verbosity, from 0 on; more is for its debugging. */
const tdlibLevels = ["fatal", "error", "warn", "info"] as const

/** What a line of a cell's standard error is in our log: TDLib writes its own there, and the warden why it ends. */
export const lineOfStandardError = (line: string): Omit<LogLine, "time"> => {
  const plain = line.replace(colours, "").slice(0, LONGEST_MESSAGE)
  const [, level, from, message] = tdlibLine.exec(plain) ?? []
  if (message !== undefined)
    return {
      level: tdlibLevels[Number(level)] ?? "debug",
      message,
      fields: { event: "tdlib.log", from: from ?? "" },
    }
  const isKnown = plain.includes('"event":"cell.ended"')
  return { level: isKnown ? "debug" : "warn", message: plain, fields: { event: "cell.stderr" } }
}
