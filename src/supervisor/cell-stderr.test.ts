import { assert, describe, it } from "@effect/vitest"
import { CellStandardError } from "./cell-stderr.ts"

const coloured = (level: number, text: string) =>
  `\u001b[1;31m[ ${level}][t 0][1795638334.776746034][Logging.cpp:160][&client][#1]\t${text}\u001b[0m`

const read = (...lines: ReadonlyArray<string>) => {
  const reader = new CellStandardError("a1")
  return { lines: lines.map((line) => reader.read(line, 7)), fatal: reader.fatal }
}

describe("what a cell writes to standard error", () => {
  it("is TDLib's log, with its levels, its place in TDLib's source, and no colours", () => {
    assert.deepStrictEqual(read(coloured(1, "asked")).lines, [
      {
        level: "error",
        time: 7,
        message: "asked",
        fields: { event: "tdlib.log", account: "a1", place: "Logging.cpp:160" },
      },
    ])
    const levels = [0, 1, 2, 3, 4, 12].map((level) => read(coloured(level, "")).lines[0]?.level)
    assert.deepStrictEqual(levels, ["fatal", "error", "warn", "info", "debug", "debug"])
  })

  it("keeps the level of a message of several lines", () => {
    assert.deepStrictEqual(
      read(coloured(1, "first"), "second", "[12][t 5][1.5][A.cpp:1]\tthird", "fourth").lines.map(
        ({ level, message }) => [level, message],
      ),
      [
        ["error", "first"],
        ["error", "second"],
        ["debug", "third"],
        ["debug", "fourth"],
      ],
    )
  })

  it("remembers what TDLib said when it ended the process", () => {
    assert.strictEqual(read(coloured(1, "an error"), coloured(0, "Check failed"), "more of it").fatal, "Check failed")
    assert.isUndefined(read(coloured(1, "an error")).fatal)
  })

  it("is anything else as well: a warning, but for the cell's own last words", () => {
    const lastWords = '{"event":"cell.ended","reason":{"_tag":"Closed"}}'
    assert.deepStrictEqual(
      read("Segmentation fault", coloured(3, "x"), lastWords, "after").lines.map(({ fields, level }) => [
        fields["event"],
        level,
      ]),
      [
        ["cell.stderr", "warn"],
        ["tdlib.log", "info"],
        ["cell.stderr", "debug"],
        ["cell.stderr", "warn"],
      ],
    )
  })
})
