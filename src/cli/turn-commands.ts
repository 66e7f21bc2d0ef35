import { Console, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { type AccountStanding, accountStandings } from "../../db/account-states.ts"
import { callAccounts } from "../../db/channels.ts"
import { turnAccount, whenCalled } from "../operator/account-turns.ts"
import { layerLibraryDatabase } from "./library-database.ts"
import { actOn, onAccount } from "./on-account.ts"
import { json, oneAccount, wanted } from "./one-account.ts"

const nameOf = ({ id, name }: AccountStanding): string => name ?? id

const wantedOrAll = Argument.String("account").pipe(
  Argument.withDescription("its id, its name, the last digits of its phone number, or all"),
)

/** `stash account run`: a cycle before its time. */
export const runNow = Command.make(
  "run",
  { wanted: wantedOrAll, json },
  Effect.fn(function* ({ json, wanted }) {
    const called = yield* Effect.gen(function* () {
      const accounts =
        wanted === "all" ? (yield* accountStandings()).filter(({ isActive }) => isActive) : [yield* oneAccount(wanted)]
      yield* callAccounts(accounts.map(({ id }) => id))
      return accounts.map((account) => ({ id: account.id, name: nameOf(account), what: whenCalled(account) }))
    }).pipe(Effect.provide(layerLibraryDatabase))
    if (json) return yield* Console.log(JSON.stringify({ accounts: called }))
    for (const { name, what } of called) yield* Console.log(`${name} ${what}.`)
    if (called.length === 0) yield* Console.log("There is no account that could run.")
  }),
).pipe(
  Command.withDescription("Let an account, or all, go through the sources now, before the time"),
  Command.withExamples([
    { command: "stash account run Alice", description: "one account" },
    { command: "stash account run all", description: "all of them" },
  ]),
)

/** `stash account cancel`: the running cycle alone. */
export const cancel = onAccount(
  "cancel",
  "End an account's running cycle: a part that is being uploaded arrives still, everything else is dropped and looked at again in the next cycle, at its usual time",
  (account) => turnAccount(account, "cancel"),
)

/** `stash account pause`: until further notice. */
export const pause = Command.make(
  "pause",
  {
    wanted,
    now: Flag.Boolean("now").pipe(
      Flag.withDefault(false),
      Flag.withDescription("as account cancel does, do not finish the sets that are under way"),
    ),
    json,
  },
  ({ json, now, wanted }) => actOn(wanted, json, (account) => turnAccount(account, now ? "pause_now" : "pause")),
).pipe(
  Command.withDescription(
    "Let an account begin nothing until it is resumed, over restarts too: what is under way is finished, and it stays logged in",
  ),
  Command.withExamples([
    { command: "stash account pause Alice", description: "let it end what it has under way" },
    { command: "stash account pause Alice --now", description: "drop what can be dropped" },
  ]),
)

/** `stash account resume` */
export const resume = onAccount("resume", "Let a paused account go on, at once", (account) =>
  turnAccount(account, "resume"),
)

/** `stash account disable` */
export const disable = onAccount(
  "disable",
  "Take an account out, as the web app does: its cell closes in order and stays closed; its login is kept",
  (account) => turnAccount(account, "disable"),
)

/** `stash account enable` */
export const enable = onAccount("enable", "Let a disabled account run again", (account) =>
  turnAccount(account, "enable"),
)
