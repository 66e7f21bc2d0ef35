import { Console, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { type AccountStanding, accountStandings, giveOrder, setActive } from "../../db/account-states.ts"
import { callAccounts } from "../../db/channels.ts"
import { pauseAccount, resumeAccount } from "../../db/schedules.ts"
import { layerLibraryDatabase } from "./library-database.ts"
import { actOn, onAccount, stateNow } from "./on-account.ts"
import { json, oneAccount, wanted } from "./one-account.ts"

const nameOf = ({ id, name }: AccountStanding): string => name ?? id

const wantedOrAll = Argument.String("account").pipe(
  Argument.withDescription("its id, its name, the last digits of its phone number, or all"),
)

/** When an account that is called begins its next cycle. */
const whenCalled = (account: AccountStanding): string => {
  switch (stateNow(account)) {
    case "disabled":
      return "is disabled: stash account enable lets it run"
    case "paused":
      return "is paused, and begins when stash account resume lets it"
    case "quiet":
      return "begins when its quiet hours end"
    case "ingesting":
    case "draining":
      return "begins again as soon as its present cycle ends"
    case "parked":
      return "was parked, and is tried again now"
    case "idle":
      return "begins now"
    default:
      return account.isAlive ? "begins as soon as it is ready" : "begins when a worker runs it"
  }
}

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
  (account) => {
    const state = stateNow(account)
    if (state !== "ingesting" && state !== "draining")
      return Effect.succeed(`The account has no cycle running: it is ${state}.`)
    return Effect.as(giveOrder({ order: "cancel", accountId: account.id }), "A running worker ends the cycle now.")
  },
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
  ({ json, now, wanted }) =>
    actOn(wanted, json, (account) =>
      Effect.as(
        pauseAccount(account.id, now),
        !account.isActive
          ? "The account is disabled as well: enabled again, it is paused."
          : account.isAlive
            ? `The account is paused; ${now ? "parts that are being uploaded arrive still" : "sets that are under way are finished"}.`
            : "The account is paused.",
      ),
    ),
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
  Effect.map(resumeAccount(account.id), (wasPaused) => {
    if (!account.isActive) return "The account is disabled: stash account enable lets it run."
    return wasPaused ? "The account is not paused any more." : "The account was not paused."
  }),
)

/** `stash account disable` */
export const disable = onAccount(
  "disable",
  "Take an account out, as the web app does: its cell closes in order and stays closed; its login is kept",
  ({ id }) => Effect.as(setActive(id, false), "The account is disabled; a running worker closes it now."),
)

/** `stash account enable` */
export const enable = onAccount("enable", "Let a disabled account run again", ({ id }) =>
  Effect.as(setActive(id, true), "The account is enabled; a running worker starts it now."),
)
