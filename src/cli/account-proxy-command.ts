import { Console, Effect, Schema } from "effect"
import { Argument, Command } from "effect/cli"
import { giveOrder } from "../../db/account-states.ts"
import { setProxy } from "../../db/proxies.ts"
import { describeProxy, parseProxy, proxyForms } from "../channel/proxy.ts"
import { layerLibraryDatabase } from "./library-database.ts"
import { json, oneAccount, wanted } from "./one-account.ts"

/** Thrown when: what was given as a proxy is none. It is not repeated: it may hold a password. */
export class NoProxy extends Schema.TaggedError<NoProxy>()("NoProxy", {}) {
  override get message(): string {
    return `that is no proxy: expected ${proxyForms}, none, or default`
  }
}

/** `stash account proxy`: how one account reaches Telegram. */
export const proxyCommand = Command.make(
  "proxy",
  {
    wanted,
    proxy: Argument.String("proxy").pipe(Argument.withDescription(`${proxyForms}; none; default: as STASH_PROXY says`)),
    json,
  },
  Effect.fn(function* ({ json, proxy, wanted }) {
    const parsed = parseProxy(proxy)
    if (parsed === undefined && proxy !== "none" && proxy !== "default") return yield* new NoProxy()
    const id = yield* Effect.gen(function* () {
      const account = yield* oneAccount(wanted)
      yield* setProxy(account.id, proxy === "default" ? null : parsed === undefined ? "" : proxy)
      yield* giveOrder({ order: "restart", accountId: account.id })
      return account.id
    }).pipe(Effect.provide(layerLibraryDatabase))
    const shown = parsed === undefined ? proxy : describeProxy(parsed)
    yield* Console.log(
      json ? JSON.stringify({ id, proxy: shown }) : `Its proxy: ${shown}. A running worker restarts the account.`,
    )
  }),
).pipe(
  Command.withDescription("Set the proxy of an account, none, or the default"),
  Command.withExamples([
    { command: "stash account proxy Alice socks5://127.0.0.1:1080", description: "through this one" },
    { command: "stash account proxy Alice default", description: "as STASH_PROXY says" },
  ]),
)
