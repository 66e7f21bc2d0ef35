import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { describeIssues } from "../world.ts"

/** A journal that was damaged, or that belongs to something else. Who must act: the operator. */
export class JournalError extends Error {
  override readonly name = "JournalError"
}

/**
 * An append-only file of JSON lines. A line is written with one write before its effect is told to anyone, so a killed
 * process loses at most a line that nobody was told about: a torn last line is cut off when the file is opened again.
 */
export class Journal<Entry> {
  readonly #descriptor: number
  /** What was in the file when it was opened. */
  readonly entries: readonly Entry[]

  private constructor(descriptor: number, entries: readonly Entry[]) {
    this.#descriptor = descriptor
    this.entries = entries
  }

  /** Opens or creates the file; throws JournalError when a whole line in it is not an entry. */
  static open<Entry>(path: string, schema: Schema.Decoder<Entry>): Journal<Entry> {
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0)
    const whole = bytes.subarray(0, bytes.lastIndexOf("\n") + 1)
    const decode = Schema.decodeUnknownResult(Schema.fromJsonString(schema))
    const entries: Entry[] = []
    for (const [index, line] of whole.toString("utf8").split("\n").entries()) {
      if (line === "") continue
      const entry = decode(line)
      if (Result.isFailure(entry)) {
        throw new JournalError(`${path}, line ${index + 1}: ${describeIssues(entry.failure).join("; ")}`)
      }
      entries.push(entry.success)
    }
    const descriptor = openSync(path, "a", 0o600)
    if (whole.length < bytes.length) ftruncateSync(descriptor, whole.length)
    return new Journal(descriptor, entries)
  }

  append(entry: Entry): void {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`)
    for (let written = 0; written < line.length; ) written += writeSync(this.#descriptor, line, written)
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}
