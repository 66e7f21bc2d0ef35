import { Effect, Layer } from "effect"
import { loadAllChats } from "../accounts/telegram/history.ts"
import {
  type AuthorizationStates,
  logIn,
  makeAuthorizationStates,
  submitCode,
  waitForFirstState,
} from "../accounts/telegram/login.ts"
import { makeSendOutcomes } from "../accounts/telegram/send.ts"
import { Tdlib, type TdlibOptions } from "../accounts/telegram/tdlib.ts"
import { makeUploadLimit } from "../accounts/telegram/upload-limit.ts"
import type { Sandbox } from "../src/sandbox/sandbox.ts"

/** An account's TDLib as a cell opens it: offline, listening from the first update. */
export const telegramLayer = (sandbox: Sandbox, directory: string, options: Partial<TdlibOptions> = {}) =>
  Layer.unwrap(
    Effect.map(makeAuthorizationStates, (authorization) => {
      const sends = makeSendOutcomes()
      const limit = makeUploadLimit(null, () => undefined)
      const { loginCode: _, ...endpoint } = sandbox.endpoint
      return Layer.mergeAll(
        authorization.layer,
        limit.layer,
        sends.layer,
        Tdlib.layer({ ...options, directory, apiId: 1, apiHash: "sandbox", sandbox: endpoint }, [
          authorization.listener,
          sends.listener,
          limit.listener,
        ]),
      )
    }),
  )

/** Goes online and logs in with `code`, if a login is needed; loads all chats. */
export const goOnlineAs = Effect.fn("goOnlineAs")(function* (phone: string, code: string) {
  const tdlib = yield* Tdlib
  const services = yield* Effect.context<Tdlib | AuthorizationStates>()
  const first = yield* waitForFirstState()
  yield* tdlib.goOnline
  const ready = yield* logIn({ phone, method: "code" }, first, (state) =>
    state._tag === "WaitingCode" ? submitCode(code).pipe(Effect.orDie, Effect.provideContext(services)) : Effect.void,
  )
  yield* loadAllChats()
  return { wasLoggedIn: first._ === "authorizationStateReady", ready }
})

/** TDLib's id of a chat of the sandbox's world. */
export const chatIdOf = (sandbox: Sandbox, name: string): number =>
  sandbox.state().channels.find((channel) => channel.name === name)?.chatId ?? 0
