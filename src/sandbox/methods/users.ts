import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { Telegram } from "../state/telegram.ts"
import { callerOf, type Methods } from "./call.ts"
import { RpcError } from "./rpc-error.ts"
import { viewUser } from "./view.ts"

/** Users. */
export const userMethods = (telegram: Telegram) => {
  const userOf = (user: Wire<tl.TypeInputUser>, viewer: Account): Account | undefined => {
    if (user._ === "inputUserSelf") return viewer
    if (user._ !== "inputUser") return undefined
    return [...telegram.accounts.values()].find((account) => account.id === user.userId)
  }
  return {
    "users.getUsers": ({ id }, call) => {
      const viewer = callerOf(call)
      return id.map((wanted) => {
        const user = userOf(wanted, viewer)
        if (user !== undefined) return viewUser(user, viewer)
        return { _: "userEmpty", id: "userId" in wanted ? wanted.userId : 0 }
      })
    },
    "users.getFullUser": ({ id }, call) => {
      const viewer = callerOf(call)
      const user = userOf(id, viewer)
      if (user === undefined) throw new RpcError(400, "USER_ID_INVALID")
      return {
        _: "users.userFull",
        fullUser: {
          _: "userFull",
          id: user.id,
          settings: { _: "peerSettings" },
          notifySettings: { _: "peerNotifySettings" },
          commonChatsCount: 0,
        },
        chats: [],
        users: [viewUser(user, viewer)],
      }
    },
  } satisfies Methods
}
