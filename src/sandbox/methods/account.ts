import type { Accounts } from "./accounts.ts"
import { callerOf, type Methods } from "./call.ts"
import { RpcError } from "./rpc-error.ts"
import { viewUser } from "./view.ts"

/** What a client tells or asks about its own account. */
export const accountMethods = (accounts: Accounts) =>
  ({
    "account.updateStatus": () => true,
    "account.updateProfile": ({ firstName, lastName, about }, call) => {
      const account = callerOf(call)
      if (about !== undefined) throw new RpcError(400, "ABOUT_NOT_IN_SANDBOX")
      if (firstName?.trim() === "") throw new RpcError(400, "FIRSTNAME_INVALID")
      accounts.change(account, {
        ...(firstName === undefined ? {} : { firstName: firstName.trim() }),
        ...(lastName === undefined ? {} : { lastName: lastName.trim() }),
      })
      return viewUser(account, account)
    },
  }) satisfies Methods
