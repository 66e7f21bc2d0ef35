import { Effect, Schema } from "effect"
import { Argument, Flag } from "effect/cli"
import { accountStandings } from "../../db/account-states.ts"

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

/** The account that the operator named. Fails with {@link AccountNotFound}. */
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
