import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { logFilesOf, openLogFile } from "./log-file.ts"

const folder = mkdtempSync(join(tmpdir(), "stash-log-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("a log file", () => {
  it("is put aside when it is full, and the oldest ones are forgotten; no line is broken or lost before", () => {
    const options = { path: join(folder, "logs", "stash.log"), maxBytes: 1000, files: 3 }
    const file = openLogFile(options)
    const lines = Array.from({ length: 200 }, (_, index) => `{"line":${index},"text":"${"x".repeat(index % 30)}"}\n`)
    for (const line of lines) file.write(line)
    expect(readdirSync(join(folder, "logs")).sort()).toEqual(["stash.log", "stash.log.1", "stash.log.2"])
    for (const path of logFilesOf(options.path, options.files)) expect(statSync(path).size).toBeLessThanOrEqual(1000)
    const kept = logFilesOf(options.path, options.files)
      .map((path) => readFileSync(path, "utf8"))
      .join("")
    expect(lines.join("").endsWith(kept)).toBe(true)
  })

  it("goes on where an earlier process ended", () => {
    const options = { path: join(folder, "again.log"), maxBytes: 100, files: 2 }
    openLogFile(options).write(`${"a".repeat(79)}\n`)
    openLogFile(options).write(`${"b".repeat(79)}\n`)
    expect(logFilesOf(options.path, 2)).toEqual([`${options.path}.1`, options.path])
  })
})
