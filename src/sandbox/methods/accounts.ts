import type { AuthKey } from "../protocol/auth-key.ts"
import { type Account, type AccountChanges, isSeenByClients } from "../state/account.ts"
import { acquaintancesOf } from "../state/acquaintances.ts"
import { type Login, type LoginEnd, loginHash } from "../state/login.ts"
import type { Telegram } from "../state/telegram.ts"
import type { Push } from "./announcements.ts"
import { RpcError } from "./rpc-error.ts"
import { unixSeconds, viewUser } from "./view.ts"

/** Changes accounts and their logins, and tells the connected clients that this concerns. */
export class Accounts {
  readonly #telegram: Telegram
  readonly #push: Push

  constructor(telegram: Telegram, push: Push) {
    this.#telegram = telegram
    this.#push = push
  }

  /** Changes an account. Its own clients hear of it, and those who share a channel with it. */
  change(account: Account, changes: AccountChanges): void {
    this.#telegram.changeAccount(account, changes)
    if (changes.banned === true) this.#wake((authKey) => this.#telegram.accountOf(authKey) === account)
    if (!isSeenByClients(changes)) return
    const acquainted = acquaintancesOf(this.#telegram, account)
    this.#push((authKey) => {
      const viewer = this.#telegram.accountOf(authKey)
      if (viewer === undefined || viewer.banned || !acquainted.has(viewer)) return undefined
      return {
        _: "updates",
        updates: [{ _: "updateUser", userId: account.id }],
        users: [viewUser(account, viewer)],
        chats: [],
        date: unixSeconds(),
        seq: 0,
      }
    })
  }

  /** Ends logins: their clients are answered this from now on, and those connected find out at once. */
  endLogins(logins: readonly Login[], end: LoginEnd): void {
    const authKeys = new Set(logins.map(({ authKey }) => authKey))
    for (const authKey of authKeys) this.#telegram.logOut(authKey, end)
    this.#wake((authKey) => authKeys.has(this.#telegram.permanentKeyId(authKey) ?? 0n))
  }

  /**
   * Lets whoever shows this token in as this account; returns the login to come. Throws AUTH_TOKEN_INVALID,
   * AUTH_TOKEN_EXPIRED or AUTH_TOKEN_ALREADY_ACCEPTED.
   */
  acceptLoginToken(account: Account, bytes: Uint8Array): Pick<Login, "hash" | "client" | "created"> {
    const now = this.#telegram.now()
    const token = this.#telegram.loginAttempts.token(Buffer.from(bytes).toString("hex"))
    if (token === undefined) throw new RpcError(400, "AUTH_TOKEN_INVALID")
    if (token.acceptedBy !== undefined) throw new RpcError(400, "AUTH_TOKEN_ALREADY_ACCEPTED")
    if (token.isReplaced || token.expires <= now) throw new RpcError(400, "AUTH_TOKEN_EXPIRED")
    this.#telegram.commit({ type: "login-token-accepted", token: token.token, phone: account.phone })
    this.#push((authKey) =>
      this.#telegram.permanentKeyId(authKey) === token.authKey
        ? // TDLib takes it in this form alone before it is logged in (UpdatesManager.cpp, on_get_updates_impl).
          { _: "updateShort", update: { _: "updateLoginToken" }, date: unixSeconds() }
        : undefined,
    )
    return { hash: loginHash(token.authKey), client: token.client, created: now }
  }

  /** Makes clients ask for what they missed, so that they are told what became of their login. */
  #wake(isMeant: (authKey: AuthKey) => boolean): void {
    this.#push((authKey) => (isMeant(authKey) ? { _: "updatesTooLong" } : undefined))
  }
}
