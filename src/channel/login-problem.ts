import * as Schema from "effect/Schema"

export const loginProblems = [
  "wrong_code",
  "expired_code",
  "wrong_password",
  "too_many_attempts",
  "phone_invalid",
  "phone_banned",
  "sign_up_needed",
  "wrong_account",
  "session_lost",
  "session_ended",
  "unsupported_step",
  "refused",
] as const
/** Why a login cannot go on, or did not take what it was given. */
export const LoginProblem = Schema.Literals(loginProblems)
export type LoginProblem = typeof LoginProblem.Type

/** After these the login still waits, for another answer. */
const passing: ReadonlySet<LoginProblem> = new Set([
  "wrong_code",
  "expired_code",
  "wrong_password",
  "too_many_attempts",
])

/** Whether nothing is tried any more until an operator has the account log in. */
export const isFinal = (problem: LoginProblem): boolean => !passing.has(problem)

/** What happened, and what the operator should do; NAME stands for the account. */
export const loginAdvice: Readonly<Record<LoginProblem, { readonly what: string; readonly remedy: string }>> = {
  wrong_code: {
    what: "the code was wrong",
    remedy: "type the newest code that Telegram sent, or have a new one sent",
  },
  expired_code: { what: "the code has expired", remedy: "have a new one sent" },
  wrong_password: {
    what: "the two-step verification password was wrong",
    remedy: "type it again, or reset it in an official app",
  },
  too_many_attempts: {
    what: "there were too many attempts",
    remedy: "wait until the time shown; trying sooner makes it longer",
  },
  phone_invalid: {
    what: "Telegram knows no such phone number",
    remedy: "remove the account and add it with its country code",
  },
  phone_banned: {
    what: "Telegram has banned this phone number",
    remedy: "write to recover@telegram.org from an official app, or remove the account",
  },
  sign_up_needed: {
    what: "this phone number has no Telegram account",
    remedy: "sign up with an official app first, then: stash account login NAME",
  },
  wrong_account: {
    what: "the QR code was scanned by another account",
    remedy: "scan it with the account of this phone number: stash account login NAME --qr",
  },
  session_lost: {
    what: "the account was logged in before, but TDLib's folder here holds no session: moved, emptied, or another machine's",
    remedy: "put the folder back if it was moved, or log in anew: stash account login NAME",
  },
  session_ended: {
    what: "the session was ended, from another device or by Telegram",
    remedy: "look into Settings, Devices of an official app, then: stash account login NAME",
  },
  unsupported_step: {
    what: "Telegram asks for a login step that the worker does not know",
    remedy: "log in with an official app, do what it asks for, then: stash account login NAME --qr",
  },
  refused: { what: "Telegram refused the login", remedy: "see the log, then: stash account login NAME" },
}

/** One sentence for logs and states. `said`: Telegram's own word, if it says more. */
export const describeProblem = (problem: LoginProblem, said = ""): string => {
  const { remedy, what } = loginAdvice[problem]
  return `${what}${said === "" ? "" : ` (${said})`}: ${remedy}`
}
