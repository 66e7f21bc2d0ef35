import { globSync, readFileSync } from "node:fs"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { parseAst } from "vitest/node"
import { withoutDocumentation } from "./light-modules.ts"

const effectFolder = dirname(fileURLToPath(import.meta.resolve("effect")))
const modules = globSync("{*,internal/**/*,rpc/**/*,http/*,encoding/*,net/*,socket/*,crypto/**/*}.js", {
  cwd: effectFolder,
})
const textOf = (module: string): string => readFileSync(`${effectFolder}/${module}`, "utf8")

/** What the program means: its syntax, wherever it stands. */
const syntaxOf = (text: string): string =>
  JSON.stringify(parseAst(text), (key, value) =>
    key === "start" || key === "end" ? undefined : typeof value === "bigint" ? `${value}n` : value,
  )

describe("modules without their documentation", () => {
  it("mean the same, line by line, whichever of Effect's it is", { timeout: 120_000 }, () => {
    expect(modules.length).toBeGreaterThan(200)
    const changed = modules.filter((module) => {
      const text = textOf(module)
      const light = withoutDocumentation(text)
      return light.split("\n").length !== text.split("\n").length || syntaxOf(light) !== syntaxOf(text)
    })
    expect(changed).toEqual([])
  })

  it("are less than two thirds of the text, which is why it is done", () => {
    const texts = modules.map(textOf)
    const size = (all: ReadonlyArray<string>) => all.reduce((sum, { length }) => sum + length, 0)
    expect(size(texts.map(withoutDocumentation)) / size(texts)).toBeLessThan(2 / 3)
  })

  it("keep documentation that does not stand on lines of its own, which may be no documentation", () => {
    const text = "const text = '/** a */'\nconst other = 1 /** b */\n  /** c\n   * d */\nconst last = 2"
    expect(withoutDocumentation(text)).toBe("const text = '/** a */'\nconst other = 1 /** b */\n\n\nconst last = 2")
  })
})
