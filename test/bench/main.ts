import { writeFileSync } from "node:fs"
import { cpus, loadavg, totalmem } from "node:os"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { benchCells } from "./cells/cells.ts"
import { benchCpu } from "./cpu/cpu.ts"
import { benchIngest } from "./ingest/ingest.ts"
import type { BenchOptions, BenchResult } from "./measure.ts"
import { benchRequests } from "./requests/requests.ts"
import { benchSandbox } from "./sandbox/sandbox.ts"

const benches: Readonly<Record<string, (options: BenchOptions) => Promise<ReadonlyArray<BenchResult>>>> = {
  sandbox: benchSandbox,
  cpu: benchCpu,
  cells: benchCells,
  ingest: benchIngest,
  requests: benchRequests,
}
const names = Object.keys(benches)

/** What the figures depend on. */
const machine = () => ({
  processor: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  memoryGigabytes: Math.round(totalmem() / 1e9),
  node: process.version,
  loadBefore: Number(loadavg()[0]?.toFixed(2)),
})

const lineOf = ({ bar, holds, limit, limitName, name, ratio, unit, value }: BenchResult): string =>
  `${holds ? "holds " : "MISSED"} ${name}: ${value} ${unit} (limit: ${limitName}, ${limit} ${unit}; ratio ${ratio}, wanted ${bar})\n`

const run = (only: string | undefined, quick: boolean, jsonFile: string | undefined) =>
  Effect.promise(async () => {
    const facts = machine()
    const results: Array<BenchResult> = []
    for (const name of only === undefined ? names : [only]) {
      process.stdout.write(`${name}${quick ? " (quick)" : ""} ...\n`)
      const found = (await benches[name]?.({ quick })) ?? []
      for (const result of found) process.stdout.write(lineOf(result))
      results.push(...found)
    }
    if (jsonFile !== undefined)
      writeFileSync(jsonFile, `${JSON.stringify({ machine: facts, quick, results }, null, 2)}\n`)
  })

const command = Command.make(
  "bench",
  {
    only: Flag.Literals("only", names).pipe(
      Flag.optional,
      Flag.withDescription("The one part to measure; all otherwise"),
    ),
    quick: Flag.Boolean("quick").pipe(Flag.withDefault(false), Flag.withDescription("Smaller files, fewer runs")),
    json: Flag.String("json").pipe(Flag.optional, Flag.withDescription("File for {machine, quick, results}")),
  },
  ({ json, only, quick }) => run(Option.getOrUndefined(only), quick, Option.getOrUndefined(json)),
).pipe(
  Command.withDescription(
    "Measures the worker's parts, each against a named limit in the same run. A missed bar is printed, and no failure.",
  ),
)

NodeRuntime.runMain(
  Command.runWith(command, { version: "0.1.0" })(process.argv.slice(2)).pipe(Effect.provide(NodeServices.layer)),
)
