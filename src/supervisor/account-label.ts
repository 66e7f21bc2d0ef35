import { maskPhone } from "../log-line.ts"

/** An account as somebody named it. */
export interface NamedAccount {
  readonly id: string
  readonly phone: string
  readonly displayName?: string | null
}

const LONGEST = 64
/** A name of digits and signs alone may be the phone number itself. */
const PHONE_LIKE = /^[\d\s+()./-]*$/

/** What metrics call an account: its name, or else its masked phone; its id is added when another account has that. */
export const accountLabel = (account: NamedAccount, taken: ReadonlySet<string>): string => {
  const name = (account.displayName ?? "").trim().slice(0, LONGEST)
  const label = PHONE_LIKE.test(name) ? maskPhone(account.phone) : name
  return taken.has(label) ? `${label} (${account.id})` : label
}
