import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { missingPackages } from "../../db/package-checks.ts"
import type { PackageDetail } from "../../db/packages.ts"
import { placesOf } from "../../db/places.ts"
import { republishPackage } from "../../db/republish.ts"
import { layerLibraryDatabase } from "./library-database.ts"
import { json, onePackage, wanted } from "./one-package.ts"
import { relist } from "./package-relist.ts"
import { table } from "./table.ts"

const missing = Command.make(
  "missing",
  { json },
  Effect.fn(function* ({ json }) {
    const packages = yield* missingPackages().pipe(Effect.provide(layerLibraryDatabase))
    if (json) return yield* Console.log(JSON.stringify({ missing: packages }, null, 2))
    const rows = packages.map((one) => [one.id, one.fileName, one.missingSince.toISOString(), one.problem])
    yield* Console.log(table(["id", "name", "since", "what is wrong"], rows, "No package is missing."))
  }),
).pipe(
  Command.withDescription("List the packages whose messages are gone from the destination"),
  Command.withExamples([{ command: "stash package missing", description: "which must be published again?" }]),
)

const describe = (one: PackageDetail): ReadonlyArray<readonly [string, string]> => [
  ["id", one.id],
  ["name", one.fileName],
  ["content", one.contentHash],
  ["bytes", String(one.fileSize)],
  ["files", one.fileCount === 0 ? "metadata pending" : String(one.fileCount)],
  ["destination", one.destinationTitle ?? "none"],
  ["messages", one.messageIds.length === 0 ? "none" : one.messageIds.join(", ")],
  ["wrong", one.problem ?? "nothing known"],
  ["listing", one.listingProblem ?? "nothing known"],
]

const show = Command.make(
  "show",
  { wanted, json },
  Effect.fn(function* ({ json, wanted }) {
    const { found, places } = yield* Effect.gen(function* () {
      const found = yield* onePackage(wanted)
      return { found, places: yield* placesOf(found.contentHash) }
    }).pipe(Effect.provide(layerLibraryDatabase))
    if (json) return yield* Console.log(JSON.stringify({ package: found, places }, null, 2))
    yield* Console.log(table(["what", "value"], describe(found), ""))
    const rows = places.map((place) => [
      place.channelTitle,
      String(place.firstMessageId),
      place.state,
      place.firstSeenAt.toISOString(),
      place.setName,
    ])
    const none = "It was seen in no place that this worker knows of."
    yield* Console.log(`\n${table(["seen in", "message", "state", "since", "as"], rows, none)}`)
  }),
).pipe(
  Command.withDescription("Show one package: where it is, and all the places it was seen in"),
  Command.withExamples([
    { command: "stash package show Dragon.zip", description: "by name" },
    { command: "stash package show 3f2a9c01", description: "by the beginning of its content hash" },
  ]),
)

const republish = Command.make(
  "republish",
  {
    wanted: wanted.pipe(Argument.optional),
    missing: Flag.Boolean("missing").pipe(
      Flag.withDefault(false),
      Flag.withDescription("all that `stash package missing` lists"),
    ),
    yes: Flag.Boolean("yes").pipe(
      Flag.withDefault(false),
      Flag.withDescription("do it; without it only what would be done is told"),
    ),
    json,
  },
  Effect.fn(function* ({ json, missing, wanted, yes }) {
    const done = yield* Effect.gen(function* () {
      const named = Option.isSome(wanted) ? [yield* onePackage(wanted.value)] : []
      const packages = missing ? [...named, ...(yield* missingPackages())] : named
      return yield* Effect.forEach(packages, ({ fileName, id }) =>
        Effect.map(yes ? republishPackage(id) : Effect.succeed([]), (places) => ({ id, fileName, places })),
      )
    }).pipe(Effect.provide(layerLibraryDatabase))
    if (json) return yield* Console.log(JSON.stringify({ dryRun: !yes, packages: done }, null, 2))
    yield* Console.log(
      table(
        ["id", "name", "looked for in"],
        done.map((one) => [one.id, one.fileName, one.places.map(({ title }) => title).join(", ")]),
        "No package was named (see --help).",
      ),
    )
    if (done.length > 0 && !yes)
      yield* Console.log(
        "What these still have in the destination would be deleted, and they would be published again from their " +
          "sources. Repeat with --yes to do it.",
      )
  }),
).pipe(
  Command.withDescription("Publish packages again whose messages are gone, from where their content was seen"),
  Command.withExamples([
    { command: "stash package republish --missing", description: "see which would be published again" },
    { command: "stash package republish --missing --yes", description: "publish all missing packages again" },
  ]),
)

/** `stash package`: the library's packages. */
export const packageCommand = Command.make("package").pipe(
  Command.withDescription(
    "Packages of the library: show one, list the missing ones, publish them again, list their files again",
  ),
  Command.withSubcommands([show, missing, republish, relist]),
)
