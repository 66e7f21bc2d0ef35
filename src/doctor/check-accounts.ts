import { Effect, Option, Schema } from "effect"
import { type AccountStanding, accountStandings } from "../../db/account-states.ts"
import { LoginProblem, loginAdvice } from "../channel/login-problem.ts"
import { advice, check, type Finding, fault } from "./finding.ts"

const nameOf = ({ id, name }: AccountStanding): string => name ?? id

const problemOf = (account: AccountStanding): Finding | undefined => {
  const name = nameOf(account)
  if (!account.isActive) return undefined
  const problem = Option.getOrUndefined(Schema.decodeUnknownOption(LoginProblem)(account.loginProblem))
  if (problem !== undefined)
    return fault(
      `${name}: ${loginAdvice[problem].what}`,
      "the account is not logged in, and does nothing",
      loginAdvice[problem].remedy.replaceAll("NAME", name),
    )
  if (account.loginState?.startsWith("waiting_"))
    return fault(
      `${name} waits for its login (${account.loginState.replace("waiting_", "")})`,
      "the account does nothing until then",
      `stash account login ${name}`,
    )
  if (account.state === "parked")
    return fault(
      `${name} is parked: ${account.reason ?? ""}`,
      "it failed again and again, or needs you, and does nothing now",
      `mend what it says, then stash account restart ${name}`,
    )
  return account.pausedAt === null
    ? undefined
    : advice(
        `${name} is paused since ${account.pausedAt.toISOString()}`,
        "it does nothing",
        `stash account resume ${name}`,
      )
}

/** What keeps accounts from working. */
export const checkAccounts = Effect.fn("checkAccounts")(function* () {
  const accounts = yield* accountStandings()
  const active = accounts.filter(({ isActive }) => isActive)
  const seen = `${active.length} active, ${accounts.filter(({ isAlive }) => isAlive).length} running`
  if (active.length === 0)
    return check(
      "accounts",
      seen,
      fault(
        accounts.length === 0 ? "there is no account" : "no account is enabled",
        "nothing is looked for",
        accounts.length === 0 ? "stash account add, then stash account login" : "stash account enable NAME",
      ),
    )
  return check("accounts", seen, ...accounts.flatMap((account) => problemOf(account) ?? []))
})
