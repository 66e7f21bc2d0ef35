import { Console, Effect, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { type AccountStanding, accountStandings } from "../../db/account-states.ts"
import { layerLibraryDatabase } from "./library-database.ts"

/** Thrown when: no account, or more than one, is what the operator named. */
export class AccountNotFound extends Schema.TaggedError<AccountNotFound>()("AccountNotFound", {
  wanted: Schema.String,
  found: Schema.Int,
}) {
  override get message(): string {
    const how = this.found === 0 ? "no account is" : `${this.found} accounts are`
    return `${how} called ${this.wanted}: name one by its id, its name or the end of its phone number (stash account list)`
  }
}

export const json = Flag.Boolean("json").pipe(Flag.withDefault(false), Flag.withDescription("print JSON"))
export const wanted = Argument.String("account").pipe(
  Argument.withDescription("its id, its name, or the last digits of its phone number"),
)

/** The account that an operator names. */
export const oneAccount = Effect.fn("oneAccount")(function* (text: string) {
  const digits = text.replace(/\D/g, "")
  const found = (yield* accountStandings()).filter(
    ({ id, name, phone }) =>
      id === text || name === text || (digits.length >= 2 && digits === text && phone.endsWith(digits)),
  )
  const [only] = found
  if (only === undefined || found.length > 1) return yield* new AccountNotFound({ wanted: text, found: found.length })
  return only
})

/** What an account does now: what its supervisor said last, unless nobody runs it any more. */
export const stateNow = ({ isActive, isAlive, pausedAt, state }: AccountStanding): string => {
  if (!isActive && (state === null || !isAlive)) return "disabled"
  if (pausedAt !== null && !isAlive) return "paused"
  if (state === null) return "not run yet"
  const rests = state === "parked" || state === "stopped" || state === "backing_off" || state === "starting"
  return isAlive || rests ? state : `not running (was ${state})`
}

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
  )
