import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { accountStandings, policyOf, setPolicy } from "../../db/account-states.ts"
import { currentWaits } from "../../db/waits.ts"
import { turnAccount } from "../operator/account-turns.ts"
import { addCommand, loginCommand } from "./account-login-command.ts"
import { proxyCommand } from "./account-proxy-command.ts"
import { removeCommand } from "./account-remove-command.ts"
import { layerLibraryDatabase } from "./library-database.ts"
import { onAccount } from "./on-account.ts"
import { json, oneAccount, wanted } from "./one-account.ts"
import { schedule } from "./schedule-command.ts"
import { shownAccount } from "./shown-account.ts"
import { table } from "./table.ts"
import { cancel, disable, enable, pause, resume, runNow } from "./turn-commands.ts"

const list = Command.make(
  "list",
  { json },
  Effect.fn(function* ({ json }) {
    const [standings, waits] = yield* Effect.all([accountStandings(), currentWaits()]).pipe(
      Effect.provide(layerLibraryDatabase),
    )
    const accounts = standings.map((account) =>
      shownAccount(
        account,
        waits.filter(({ accountId }) => accountId === account.id),
      ),
    )
    if (json) return yield* Console.log(JSON.stringify({ accounts }, null, 2))
    const rows = accounts.map((one) => [
      one.id,
      one.name ?? "",
      one.phone,
      one.isPremium ? "premium" : "",
      one.state,
      one.login ?? "",
      one.since ?? "",
      one.reason,
    ])
    yield* Console.log(
      table(["id", "name", "phone", "", "state", "login", "since", "why"], rows, "There is no account yet."),
    )
  }),
).pipe(
  Command.withDescription("List the accounts, what each does now, and why"),
  Command.withExamples([{ command: "stash account list", description: "who does what, and why not" }]),
)

const restart = onAccount("restart", "End an account's present life, or its parking, and begin a new one", (account) =>
  turnAccount(account, "restart"),
)

const policy = Command.make(
  "policy",
  {
    wanted,
    restart: Flag.Literals("restart", ["permanent", "transient", "temporary"] as const).pipe(
      Flag.withDescription("permanent: always restarted; transient: after a failure; temporary: never"),
      Flag.optional,
    ),
    maxRestarts: Flag.Int("max-restarts").pipe(Flag.withDescription("more than these ..."), Flag.optional),
    withinSeconds: Flag.Int("within-seconds").pipe(
      Flag.withDescription("... within this time, and it is parked"),
      Flag.optional,
    ),
    reset: Flag.Boolean("reset").pipe(Flag.withDefault(false), Flag.withDescription("as the worker's settings say")),
    json,
  },
  Effect.fn(function* ({ json, maxRestarts, reset, restart, wanted, withinSeconds }) {
    const none = { restart: null, maxRestarts: null, withinSeconds: null }
    const found = yield* Effect.gen(function* () {
      const { id } = yield* oneAccount(wanted)
      const before = reset ? none : Option.getOrElse(yield* policyOf(id), () => none)
      const policy = {
        restart: Option.getOrElse(restart, () => before.restart),
        maxRestarts: Option.getOrElse(maxRestarts, () => before.maxRestarts),
        withinSeconds: Option.getOrElse(withinSeconds, () => before.withinSeconds),
      }
      yield* setPolicy(id, policy)
      return { id, policy }
    }).pipe(Effect.provide(layerLibraryDatabase))
    if (json) return yield* Console.log(JSON.stringify(found, null, 2))
    const rows = Object.entries(found.policy).map(([name, value]) => [name, value === null ? "default" : String(value)])
    yield* Console.log(table(["policy", "value"], rows, ""))
    yield* Console.log("It holds from the account's next start on.")
  }),
).pipe(
  Command.withDescription("Show or change how an account is restarted after its failures"),
  Command.withExamples([
    { command: "stash account policy Alice", description: "what holds for this account" },
    { command: "stash account policy Alice --max-restarts 3 --within-seconds 600", description: "park it sooner" },
  ]),
)

/** `stash account`: the accounts, and what an operator does to them. */
export const accountCommand = Command.make("account").pipe(
  Command.withDescription(
    "Accounts: add, list, log in or remove them, run, pause or restart one, say when and how fast it works",
  ),
  Command.withSubcommands([
    list,
    addCommand,
    loginCommand,
    removeCommand,
    proxyCommand,
    runNow,
    cancel,
    pause,
    resume,
    restart,
    disable,
    enable,
    schedule,
    policy,
  ]),
)
