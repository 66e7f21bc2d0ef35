import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { stash } from "./stash.ts"

const main = fileURLToPath(new URL("../main.ts", import.meta.url))

/** As a user would see it. */
const print = (...args: ReadonlyArray<string>): string =>
  execFileSync(process.execPath, [main, ...args], { env: { PATH: process.env["PATH"], NO_COLOR: "1" } }).toString()

interface Node {
  readonly name: string
  readonly description?: string | undefined
  readonly examples: ReadonlyArray<{ readonly command: string }>
  readonly subcommands: ReadonlyArray<{ readonly commands: ReadonlyArray<Node> }>
}

const leaves = (node: Node, path: ReadonlyArray<string>): ReadonlyArray<{ path: string; node: Node }> => {
  const children = node.subcommands.flatMap(({ commands }) => commands)
  if (children.length === 0) return [{ path: path.join(" "), node }]
  return children.flatMap((child) => leaves(child, [...path, child.name]))
}

const commands = leaves(stash, ["stash"])

describe("the command line", () => {
  it.each(commands)("explains $path, with an example of it", ({ node, path }) => {
    expect(node.description ?? "").not.toBe("")
    expect(node.examples.length).toBeGreaterThan(0)
    for (const { command } of node.examples) expect(command).toContain(path)
  })

  it("prints what programs can read wherever it answers something", () => {
    const silent = commands.filter(({ path }) => !print(...path.split(" ").slice(1), "--help").includes("--json"))
    // Its log is JSON anyway.
    expect(silent.map(({ path }) => path)).toEqual(["stash run"])
  }, 240_000)

  it("completes every command in the shell", () => {
    const script = print("--completions", "bash")
    execFileSync("bash", ["-n"], { input: script })
    for (const { node } of commands) expect(script).toContain(node.name)
  })
})
