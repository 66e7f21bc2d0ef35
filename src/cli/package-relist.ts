import { Console, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { unlistedPackages, wantRelisted } from "../../db/relists.ts"
import { listingCost } from "../library/listing-cost.ts"
import { layerLibraryDatabase } from "./library-database.ts"
import { json, onePackage, wanted } from "./one-package.ts"
import { table } from "./table.ts"

const words = { directory: "its directory", whole: "all of it" } as const

/** `stash package relist`: has packages listed again. */
export const relist = Command.make(
  "relist",
  {
    wanted: wanted.pipe(Argument.variadic()),
    pending: Flag.Boolean("pending").pipe(
      Flag.withDefault(false),
      Flag.withDescription("all packages whose files were never listed"),
    ),
    dryRun: Flag.Boolean("dry-run").pipe(
      Flag.withDefault(false),
      Flag.withDescription("tell what would be fetched, and do nothing"),
    ),
    json,
  },
  Effect.fn(function* ({ dryRun, json, pending, wanted }) {
    const packages = yield* Effect.gen(function* () {
      const named = yield* Effect.forEach(wanted, onePackage)
      const found = [...named, ...(pending ? yield* unlistedPackages() : [])].filter(
        ({ id }, index, all) => all.findIndex((other) => other.id === id) === index,
      )
      if (!dryRun) yield* wantRelisted(found.map(({ id }) => id))
      return found.map(({ archiveType, fileName, fileSize, id }) => ({
        id,
        fileName,
        fileSize,
        fetches: listingCost({ archiveType, fileSize }),
      }))
    }).pipe(Effect.provide(layerLibraryDatabase))
    if (json) return yield* Console.log(JSON.stringify({ dryRun, packages }, null, 2))
    yield* Console.log(
      table(
        ["id", "name", "bytes", "fetches"],
        packages.map((one) => [one.id, one.fileName, String(one.fileSize), words[one.fetches]]),
        "No package was named (see --help).",
      ),
    )
    if (packages.length === 0) return
    yield* Console.log(
      dryRun
        ? "Nothing was done. Repeat without --dry-run to have them listed again."
        : "The worker lists them while its accounts rest; `stash package show` tells what came of it.",
    )
  }),
).pipe(
  Command.withDescription("List the files of packages again, without publishing anything: names, preview, creator"),
  Command.withExamples([
    {
      command: "stash package relist --pending --dry-run",
      description: "see what was never listed, and what it takes",
    },
    { command: "stash package relist Dragon.zip", description: "list one package again" },
  ]),
)
