import type { AuthKey } from "../protocol/auth-key.ts"
import type { Answer, MethodName, Request, TlAnswer } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { ClientDescription, LoginEnd } from "../state/login.ts"
import { RpcError } from "./rpc-error.ts"

/** One method call: who calls and through which key. */
export interface Call {
  readonly method: string
  readonly authKey: AuthKey
  /** The message that the call came in, and its session. */
  readonly messageId: bigint
  readonly sessionId: bigint
  /** Undefined before the login. */
  readonly account: Account | undefined
  /** What the client told of itself when it connected. */
  readonly client?: ClientDescription | undefined
  /** Undefined unless the server has ended the key's login and says how. */
  readonly loginEnd?: LoginEnd | undefined
}

/** The methods that a server knows, or some of them; an answer may be a promise. */
export type Methods = {
  readonly [Name in MethodName]?: (request: Request<Name>, call: Call) => Answer<Name> | Promise<Answer<Name>>
}

/** How an answer is made anew, and what becomes of one once it has been written. */
export interface Repetition {
  readonly make: () => TlAnswer
  readonly release: (answer: TlAnswer) => void
}

const repetitions = new WeakMap<object, Repetition>()

/**
 * An answer that can be made anew at any time, and so need not be held until the client has acknowledged it; release: frees
 * what it is made of.
 */
export const repeatable = <A extends TlAnswer & object>(make: () => A, release: (answer: A) => void): A => {
  const answer = make()
  repetitions.set(answer, { make, release: (written) => release(written as A) })
  return answer
}

/** How this very answer is made anew, if it was said to be repeatable. */
export const repetitionOf = (answer: TlAnswer): Repetition | undefined =>
  typeof answer === "object" ? repetitions.get(answer) : undefined

/** The account that calls; throws 401 AUTH_KEY_UNREGISTERED or SESSION_REVOKED when nobody is logged in. */
export const callerOf = (call: Call): Account => {
  if (call.account === undefined) throw new RpcError(401, call.loginEnd ?? "AUTH_KEY_UNREGISTERED")
  return call.account
}
