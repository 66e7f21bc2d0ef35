import type { Account } from "./account.ts"

/** An invite link (core.telegram.org/api/invites). */
export interface Invite {
  /** What follows t.me/+ in the link. */
  readonly hash: string
  /** Who made it; undefined for the creator's or nobody's in particular. */
  readonly by: Account | undefined
  /** Unix seconds */
  readonly date: number
  readonly title: string
  /** Whether an administrator has to approve each who joins by it. */
  readonly requestNeeded: boolean
  /** Until when it can be used: Unix seconds, 0 for ever. */
  readonly expires: number
  /** How many may join by it, 0 for any number. */
  readonly limit: number
  /** The link that every administrator has one of and that neither expires nor is limited. */
  readonly permanent: boolean
  readonly revoked: boolean
}

/** Somebody waits to be let in. */
export interface JoinRequest {
  readonly account: Account
  /** Unix seconds */
  readonly date: number
  /** The link it came by; undefined when it came by the username. */
  readonly hash: string | undefined
}

/** The invite links of a channel, who joined by them, and who waits for approval. */
export class Invites {
  readonly #invites = new Map<string, Invite>()
  readonly #used = new Map<string, number>()
  readonly #requests = new Map<Account, JoinRequest>()

  get(hash: string): Invite | undefined {
    return this.#invites.get(hash)
  }

  set(invite: Invite): void {
    this.#invites.set(invite.hash, invite)
  }

  remove(hash: string): void {
    this.#invites.delete(hash)
  }

  /** All links, revoked ones too, in the order in which they were made. */
  all(): readonly Invite[] {
    return [...this.#invites.values()]
  }

  /** The permanent link of an administrator, or without one any that is nobody's. */
  permanent(by: Account | undefined): Invite | undefined {
    return this.all().find((invite) => invite.permanent && !invite.revoked && invite.by === by)
  }

  /** Somebody joined by this link. */
  use(hash: string): void {
    this.#used.set(hash, this.usage(hash) + 1)
  }

  /** How many joined by a link. */
  usage(hash: string): number {
    return this.#used.get(hash) ?? 0
  }

  /** Whether a link lets nobody in any more at this time (Unix seconds). */
  isExpired(invite: Invite, now: number): boolean {
    return (
      invite.revoked ||
      (invite.expires > 0 && invite.expires <= now) ||
      (invite.limit > 0 && this.usage(invite.hash) >= invite.limit)
    )
  }

  request(request: JoinRequest): void {
    this.#requests.set(request.account, request)
  }

  /** The request is answered, whatever the answer is. */
  settle(account: Account): void {
    this.#requests.delete(account)
  }

  requestOf(account: Account): JoinRequest | undefined {
    return this.#requests.get(account)
  }

  requests(): readonly JoinRequest[] {
    return [...this.#requests.values()]
  }
}
