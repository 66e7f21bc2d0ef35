import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Login } from "../state/login.ts"
import type { Telegram } from "../state/telegram.ts"
import type { Accounts } from "./accounts.ts"
import { callerOf, type Methods } from "./call.ts"
import { permanentKeyOf } from "./login.ts"
import { RpcError } from "./rpc-error.ts"

/** Days after which an unused login ends, unless the account says otherwise; here none ever does. */
const DEFAULT_TTL_DAYS = 180

/** A login as it stands in a list of sessions; now: Unix seconds. */
export const viewLogin = (
  { hash, client, created }: Pick<Login, "hash" | "client" | "created">,
  isCurrent: boolean,
  now: number,
): Wire<tl.RawAuthorization> => ({
  _: "authorization",
  current: isCurrent,
  hash: isCurrent ? 0n : hash,
  deviceModel: client?.deviceModel ?? "",
  platform: "",
  systemVersion: client?.systemVersion ?? "",
  apiId: client?.apiId ?? 0,
  appName: "",
  appVersion: client?.appVersion ?? "",
  dateCreated: created,
  dateActive: isCurrent ? now : created,
  ip: "127.0.0.1",
  country: "",
  region: "",
})

/** The clients that an account is logged in on. */
export const authorizationMethods = (telegram: Telegram, accounts: Accounts) =>
  ({
    "auth.logOut": (_, call) => {
      telegram.logOut(permanentKeyOf(telegram, call))
      return { _: "auth.loggedOut" }
    },
    "account.getAuthorizations": (_, call) => {
      const current = permanentKeyOf(telegram, call)
      return {
        _: "account.authorizations",
        authorizationTtlDays: DEFAULT_TTL_DAYS,
        authorizations: telegram
          .loginsOf(callerOf(call))
          .map((login) => viewLogin(login, login.authKey === current, telegram.now())),
      }
    },
    "account.resetAuthorization": ({ hash }, call) => {
      const login = telegram.loginsOf(callerOf(call)).find((candidate) => candidate.hash === hash)
      if (login === undefined) throw new RpcError(400, "HASH_INVALID")
      accounts.endLogins([login], "SESSION_REVOKED")
      return true
    },
    "auth.resetAuthorizations": (_, call) => {
      const current = permanentKeyOf(telegram, call)
      const others = telegram.loginsOf(callerOf(call)).filter(({ authKey }) => authKey !== current)
      accounts.endLogins(others, "SESSION_REVOKED")
      return true
    },
  }) satisfies Methods
