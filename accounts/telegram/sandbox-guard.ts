import { readFile } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** Thrown when: sandbox mode was asked for, but the library would talk to the real Telegram. A bug or a wrong path. */
export class UnpatchedLibrary extends Schema.TaggedError<UnpatchedLibrary>()("UnpatchedLibrary", {
  library: Schema.String,
  found: Schema.String,
}) {
  override get message(): string {
    return `${this.library} must not be used in sandbox mode: it still holds ${this.found}`
  }
}

/**
 * Marks of an unpatched libtdjson.so: the beginnings of Telegram's two public keys, and the hosts that TDLib asks
 * directly, past the proxy, when it cannot connect (facts/local-telegram.md, "Patching").
 */
const telegramMarks = [
  "MIIBCgKCAQEA6LszBcC1LGzyr992NzE0ieY",
  "MIIBCgKCAQEAyMEdY1aR+sCR3ZSJrtztKTK",
  "https://dns.google/",
  "https://mozilla.cloudflare-dns.com/",
  "software-download.microsoft.com/",
  "firebaseremoteconfig.googleapis.com/",
  "reserve-5a846.firebaseio.com/",
  "https://www.google.com/",
]

/** Succeeds only for a library that cannot reach Telegram. Fails with {@link UnpatchedLibrary} otherwise. */
export const requirePatchedLibrary = Effect.fn("requirePatchedLibrary")(function* (library: string) {
  const bytes = yield* Effect.tryPromise({
    try: () => readFile(library),
    catch: (cause) => new UnpatchedLibrary({ library, found: `nothing readable (${String(cause)})` }),
  })
  const found = telegramMarks.find((mark) => bytes.includes(mark, 0, "latin1"))
  if (found !== undefined) return yield* new UnpatchedLibrary({ library, found })
})
