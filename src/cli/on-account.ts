import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import type { AccountStanding } from "../../db/account-states.ts"
import { layerLibraryDatabase } from "./library-database.ts"
import { json, oneAccount, wanted } from "./one-account.ts"

/** Does something to the account that is named, and says what. */
export const actOn = <R>(
  wanted: string,
  json: boolean,
  act: (account: AccountStanding) => Effect.Effect<string, unknown, R>,
) =>
  Effect.gen(function* () {
    const account = yield* oneAccount(wanted)
    return { id: account.id, what: yield* act(account) }
  }).pipe(
    Effect.provide(layerLibraryDatabase),
    Effect.flatMap((done) => Console.log(json ? JSON.stringify(done) : done.what)),
  )

/** A command that does something to one account and says what. */
export const onAccount = <Name extends string, R>(
  name: Name,
  description: string,
  act: (account: AccountStanding) => Effect.Effect<string, unknown, R>,
) =>
  Command.make(name, { wanted, json }, ({ json, wanted }) => actOn(wanted, json, act)).pipe(
    Command.withDescription(description),
    Command.withExamples([{ command: `stash account ${name} Alice`, description: "by its name" }]),
  )
