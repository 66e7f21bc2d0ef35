import { readFile } from "node:fs/promises"
import { Effect, Option, Redacted } from "effect"
import { proxyOf } from "../../db/proxies.ts"
import { AccountError } from "../channel/account-rpcs.ts"
import { parseProxy, proxyForms } from "../channel/proxy.ts"
import type { Config } from "../config.ts"

const operator = (message: string) => new AccountError({ who: "operator", message })

/** The keys of TDLib's databases: the first line of the file is the one in use, those below are former ones. */
const readKeys = (file: string) =>
  Effect.tryPromise({
    try: () => readFile(file, "utf8"),
    catch: (cause) =>
      operator(`STASH_TDLIB_KEY_FILE cannot be read: ${cause instanceof Error ? cause.message : cause}`),
  }).pipe(
    Effect.map((text) => text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]))),
    Effect.flatMap((keys) =>
      keys.length === 0
        ? operator("STASH_TDLIB_KEY_FILE is empty: write a key into its first line")
        : Effect.succeed(keys),
    ),
  )

/** What an account's TDLib is opened with beside its folders: the proxy, and the keys of its databases. */
export const accountSecrets = Effect.fn("accountSecrets")(function* (accountId: string, config: Config) {
  const databaseKeys = config.tdlibKeyFile === undefined ? [] : yield* readKeys(config.tdlibKeyFile)
  const own = yield* proxyOf(accountId)
  const url = Option.getOrElse(own, () => (config.proxy === undefined ? "" : Redacted.value(config.proxy)))
  const proxy = url === "" ? null : (parseProxy(url) ?? null)
  if (url !== "" && proxy === null) return yield* operator(`the account's proxy is none: expected ${proxyForms}`)
  return { databaseKeys, proxy }
})
