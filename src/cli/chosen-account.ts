import { Effect, Option, Schema } from "effect"
import { accountStandings } from "../../db/account-states.ts"
import { oneAccount } from "./one-account.ts"

/** Thrown when: it is not clear which account is meant. */
export class AccountNeeded extends Schema.TaggedError<AccountNeeded>()("AccountNeeded", { accounts: Schema.Int }) {
  override get message(): string {
    return this.accounts === 0
      ? "there is no active account yet"
      : `there are ${this.accounts} active accounts: say which with --account (stash account list)`
  }
}

/** The account that the operator named, or the only active one. */
export const chosenAccount = Effect.fn("chosenAccount")(function* (named: Option.Option<string>) {
  if (Option.isSome(named)) return yield* oneAccount(named.value)
  const active = (yield* accountStandings()).filter(({ isActive }) => isActive)
  const [only] = active
  if (only === undefined || active.length > 1) return yield* new AccountNeeded({ accounts: active.length })
  return only
})
