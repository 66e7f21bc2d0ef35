import type { Account } from "./account.ts"
import type { Telegram } from "./telegram.ts"

/** The accounts that hear of an account's changes: itself, and those who share a channel with it. */
export const acquaintancesOf = (telegram: Telegram, account: Account): ReadonlySet<Account> =>
  new Set([
    account,
    ...telegram.channelsOf(account).flatMap((channel) => [...channel.members].map((member) => member.account)),
  ])

/** Those of an account's acquaintances that changed at this time, Unix seconds, or later. */
export const changedAcquaintances = (telegram: Telegram, account: Account, since: number): readonly Account[] => {
  const changed = [...telegram.accounts.values()].filter((other) => other.changed >= since)
  if (changed.length === 0) return []
  const acquaintances = acquaintancesOf(telegram, account)
  return changed.filter((other) => acquaintances.has(other))
}
