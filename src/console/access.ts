import { createHash, timingSafeEqual } from "node:crypto"
import { readFile } from "node:fs/promises"
import { Effect, Redacted, Schema } from "effect"
import type { ConsoleConfig } from "../config.ts"

/** Thrown when: the console cannot be served as it is configured. The operator must act; the text says how. */
export class ConsoleError extends Schema.TaggedError<ConsoleError>()("ConsoleError", { message: Schema.String }) {}

/** Who may ask the console for anything. */
export interface Access {
  readonly host: string
  /** Undefined: whoever can reach it, which are the processes of this machine. */
  readonly token: Redacted.Redacted<string> | undefined
}

const SHORTEST_TOKEN = 16

const fileToken = (file: string) =>
  Effect.tryPromise({
    try: () => readFile(file, "utf8"),
    catch: (cause) =>
      new ConsoleError({
        message: `STASH_CONSOLE_TOKEN_FILE cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      }),
  }).pipe(
    Effect.map((text) => (text.split("\n")[0] ?? "").trim()),
    Effect.filterOrFail(
      (token) => token.length >= SHORTEST_TOKEN,
      () =>
        new ConsoleError({
          message: `STASH_CONSOLE_TOKEN_FILE: the first line must be a token of at least ${SHORTEST_TOKEN} characters`,
        }),
    ),
    Effect.map((token) => Redacted.make(token)),
  )

/** Whether nobody but this machine can reach an address. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host)

/** Reads the token, and refuses what would let everybody in. Fails with {@link ConsoleError}. */
export const consoleAccess = Effect.fn("consoleAccess")(function* ({ host, token, tokenFile }: ConsoleConfig) {
  if (token !== undefined && tokenFile !== undefined)
    return yield* new ConsoleError({ message: "set STASH_CONSOLE_TOKEN or STASH_CONSOLE_TOKEN_FILE, not both" })
  const known = tokenFile === undefined ? token : yield* fileToken(tokenFile)
  if (known === undefined && !isLoopback(host))
    return yield* new ConsoleError({
      message: `STASH_CONSOLE_HOST=${host} lets others reach the console: set STASH_CONSOLE_TOKEN or STASH_CONSOLE_TOKEN_FILE, or leave the host out`,
    })
  const access: Access = { host, token: known }
  return access
})

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

/** Whether the header `Authorization` shows the token; how long the answer takes says nothing of it. */
export const showsToken = (token: Redacted.Redacted<string>, authorization: string | undefined): boolean => {
  const shown = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1]
  return shown !== undefined && timingSafeEqual(digest(shown), digest(Redacted.value(token)))
}

const nameOf = (host: string): string => host.replace(/:\d{1,5}$/, "").toLowerCase()

/**
 * Whether the header `Host` names this machine. A page of the web can have a name of its own point to 127.0.0.1, and read
 * what is served there: without a token nothing else would stop it.
 */
export const namesThisMachine = (access: Access, host: string | undefined): boolean => {
  const name = nameOf(host ?? "")
  const bare = name.replace(/^\[(.*)\]$/, "$1")
  return isLoopback(bare) || bare === access.host.toLowerCase()
}
