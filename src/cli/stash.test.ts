import { execFileSync } from "node:child_process"
import { NodeServices } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { Command } from "effect/cli"
import { TestConsole } from "effect/testing"
import { describe, expect, it } from "vitest"
import { stash } from "./stash.ts"

/** What it prints. */
const print = (...args: ReadonlyArray<string>): Promise<string> =>
  Effect.runPromise(
    Effect.gen(function* () {
      yield* Command.runWith(stash, { version: "0" })(args)
      return (yield* TestConsole.logLines).join("\n")
    }).pipe(Effect.provide(Layer.merge(TestConsole.layer, NodeServices.layer))),
  )

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

  it("prints what programs can read wherever it answers something", async () => {
    const helps = await Promise.all(commands.map(({ path }) => print(...path.split(" ").slice(1), "--help")))
    const silent = commands.filter((_, index) => !helps[index]?.includes("--json"))
    // Its log is JSON anyway.
    expect(silent.map(({ path }) => path)).toEqual(["stash run"])
  })

  it("completes every command in the shell", async () => {
    const script = await print("--completions", "bash")
    execFileSync("bash", ["-n"], { input: script })
    for (const { node } of commands) expect(script).toContain(node.name)
  })
})
