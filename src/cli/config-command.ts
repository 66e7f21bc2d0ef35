import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { describeSettings, loadConfig } from "../config.ts"

/** `stash config`: the effective configuration, secrets masked. Fails when a value is bad. */
export const configCommand = Command.make(
  "config",
  { json: Flag.Boolean("json").pipe(Flag.withDefault(false), Flag.withDescription("print JSON")) },
  Effect.fn(function* ({ json }) {
    yield* loadConfig(process.env)
    const settings = describeSettings(process.env)
    if (json) return yield* Console.log(JSON.stringify({ settings }, null, 2))
    const width = Math.max(...settings.map(({ name }) => name.length))
    for (const { about, name, source, value } of settings)
      yield* Console.log(`${name.padEnd(width)}  ${(value ?? "(unset)").padEnd(12)}  ${source.padEnd(11)}  ${about}`)
  }),
).pipe(
  Command.withDescription("Print the effective configuration, with secrets masked"),
  Command.withExamples([
    { command: "stash config", description: "every setting, where its value comes from, and what it is for" },
    { command: "LOG_LEVEL=debug stash config --json", description: "what would hold with this in the environment" },
  ]),
)
