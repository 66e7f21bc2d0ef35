import type { AccountStanding } from "../../db/account-states.ts"
import type { StoredWait } from "../../db/waits.ts"
import { maskPhone } from "../log-line.ts"
import { stateNow } from "../operator/account-turns.ts"

const isoTime = (millis: number): string => new Date(millis).toISOString()

/** What Telegram has the account wait for, in words. */
const waitWords = ({ cause, kind, since, until }: StoredWait): string =>
  cause === "flood"
    ? `waiting for Telegram: ${kind} until ${isoTime(until)}`
    : `throttled by Telegram, ${kind}, since ${isoTime(since)}`

/** An account as commands tell of it: its phone masked, why it does not work in words. */
export const shownAccount = (account: AccountStanding, waits: ReadonlyArray<StoredWait>) => ({
  id: account.id,
  name: account.name,
  phone: maskPhone(account.phone),
  state: stateNow(account),
  login: account.loginProblem ?? account.loginState,
  reason: [account.reason ?? "", ...waits.map(waitWords)]
    .filter((words) => words !== "")
    .join("; ")
    .replaceAll("stash account login NAME", `stash account login ${account.name ?? account.id}`),
  waits: waits.map(({ cause, count, kind, since, until }) => ({
    kind,
    cause,
    since: isoTime(since),
    until: isoTime(until),
    count,
  })),
  since: account.since?.toISOString() ?? null,
  pausedSince: account.pausedAt?.toISOString() ?? null,
  isPremium: account.isPremium,
  restarts: account.restarts ?? 0,
  lastRestart:
    account.restartedAt === null
      ? null
      : { at: account.restartedAt.toISOString(), reason: account.restartReason ?? "" },
  supervisor: account.supervisor,
})

export type ShownAccount = ReturnType<typeof shownAccount>
