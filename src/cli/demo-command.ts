import { join } from "node:path"
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { runDemo } from "../demo/demo.ts"

/** `stash demo`: the main job against the sandbox, on embedded defaults. */
export const demoCommand = Command.make(
  "demo",
  {
    json: Flag.Path("json").pipe(Flag.withDescription("write the result to this file"), Flag.optional),
    keep: Flag.Boolean("keep").pipe(
      Flag.withDefault(false),
      Flag.withDescription("leave the system running until Ctrl-C"),
    ),
    fresh: Flag.Boolean("fresh").pipe(
      Flag.withDefault(false),
      Flag.withDescription("start over even if an earlier demo was interrupted"),
    ),
    data: Flag.Path("data").pipe(
      Flag.withDescription("folder of the demo's data (default: STASH_DATA_DIR/demo, or ./data/demo)"),
      Flag.optional,
    ),
  },
  Effect.fn(function* ({ data, fresh, json, keep }) {
    yield* runDemo({
      directory: Option.getOrElse(data, () => join(process.env["STASH_DATA_DIR"] ?? "data", "demo")),
      fresh,
      keep,
      jsonFile: Option.getOrUndefined(json),
    })
  }),
).pipe(
  Command.withDescription(
    "Run the main job on embedded defaults: local Telegram, embedded Postgres, no credentials. Exits 0 only when the destination holds exactly what it should",
  ),
  Command.withExamples([
    { command: "stash demo", description: "about a minute; exits 0 when all is as it should be" },
    { command: "stash demo --json result.json", description: "with the result in a file" },
  ]),
)
