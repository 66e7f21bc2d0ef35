import { RpcError } from "../methods/rpc-error.ts"
import { readAccount } from "../sandbox-state.ts"
import type { Account } from "../state/account.ts"
import { WorldAccount } from "../world.ts"
import { AccountToChange, acceptLogin, addAccount, controlAccount, LoginToAccept } from "./account-control.ts"
import { bodyRoute, type ControlContext, created, ok, Refusal, type Route } from "./route.ts"

const accountOf = ({ telegram }: ControlContext, phone = ""): Account => {
  const account = telegram.accounts.get(phone)
  if (account === undefined) throw new Refusal(404, `No account has the phone ${phone}`)
  return account
}

/** Accounts and their logins. */
export const accountRoutes: readonly Route[] = [
  bodyRoute({
    method: "POST",
    path: "/accounts",
    summary: "Adds an account, as a world describes one.",
    body: WorldAccount,
    what: "account",
    handle: ({ telegram }, { body }) => {
      if (telegram.accounts.has(body.phone)) throw new Refusal(409, `There is an account with phone ${body.phone}`)
      return created(readAccount(telegram, addAccount(telegram, body)))
    },
  }),
  bodyRoute({
    method: "POST",
    path: "/accounts/:phone",
    summary: "Changes an account while it is in use: premium, ban, name, codes, password; ends its logins.",
    body: AccountToChange,
    what: "change",
    handle: (context, { body, parameters }) => {
      const account = accountOf(context, parameters["phone"])
      controlAccount(context.telegram, context.accounts, account, body)
      return ok(readAccount(context.telegram, account))
    },
  }),
  bodyRoute({
    method: "POST",
    path: "/accounts/:phone/accept-login",
    summary: "Accepts a login token, as another client of the account does that scans the QR code.",
    body: LoginToAccept,
    what: "token",
    handle: (context, { body, parameters }) => {
      const account = accountOf(context, parameters["phone"])
      try {
        acceptLogin(context.accounts, account, body)
      } catch (error) {
        throw error instanceof RpcError ? new Refusal(409, error.message) : error
      }
      return ok(readAccount(context.telegram, account))
    },
  }),
]
