import type { Account } from "./account.ts"
import type { AdminRight, MemberRight } from "./rights.ts"

/** How an account stands to a channel. "left" and "banned" ones are remembered, but are no members. */
export type MemberStatus = "creator" | "admin" | "member" | "left" | "banned"

export interface Member {
  readonly account: Account
  readonly status: MemberStatus
  /** Since when it is in the channel, or out of it: Unix seconds. */
  readonly since: number
  /** The last message that was there before it joined: hidden from it where earlier history is hidden. */
  readonly joinedAfter: number
  /** What it may do as an administrator. */
  readonly rights: readonly AdminRight[]
  /** What was taken from this one member; of the others the channel's default rights tell. */
  readonly restrictions: readonly MemberRight[]
  /** Until when the restrictions hold or it is banned: Unix seconds, 0 for ever. */
  readonly until: number
  /** Shown beside an administrator's name. */
  readonly rank: string
}

const isIn = (member: Member | undefined): member is Member =>
  member !== undefined && member.status !== "left" && member.status !== "banned"

/** Who is, was, or must not be in a channel. */
export class Members implements Iterable<Member> {
  readonly #all = new Map<Account, Member>()
  #size = 0

  /** How many are in the channel. */
  get size(): number {
    return this.#size
  }

  /** What is known about an account, in the channel or not. */
  get(account: Account): Member | undefined {
    return this.#all.get(account)
  }

  has(account: Account): boolean {
    return isIn(this.#all.get(account))
  }

  isBanned(account: Account): boolean {
    return this.#all.get(account)?.status === "banned"
  }

  /** Whether an account is the creator or an administrator. */
  isAdmin(account: Account): boolean {
    const status = this.#all.get(account)?.status
    return status === "creator" || status === "admin"
  }

  /** Whether an account may do what administrators with this right may; the creator may do everything. */
  mayAsAdmin(account: Account, right: AdminRight): boolean {
    const member = this.#all.get(account)
    return member?.status === "creator" || (member?.status === "admin" && member.rights.includes(right))
  }

  set(member: Member): void {
    const was = this.#all.get(member.account)
    this.#size += Number(isIn(member)) - Number(isIn(was))
    this.#all.set(member.account, member)
  }

  /** Those in the channel, in the order in which they were first heard of. */
  *[Symbol.iterator](): IterableIterator<Member> {
    for (const member of this.#all.values()) if (isIn(member)) yield member
  }

  /** Those that were in the channel or may not come in. */
  outside(): readonly Member[] {
    return [...this.#all.values()].filter((member) => !isIn(member))
  }

  /** The creator and the administrators. */
  admins(): readonly Member[] {
    return [...this].filter(({ account }) => this.isAdmin(account))
  }

  creator(): Account | undefined {
    return [...this].find(({ status }) => status === "creator")?.account
  }
}
