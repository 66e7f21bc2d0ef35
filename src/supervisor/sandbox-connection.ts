import { Effect, Schema } from "effect"
import { SandboxEndpoint } from "../channel/warden-messages.ts"

/** What a running sandbox says of itself at GET /endpoint. */
const EndpointAnswer = Schema.Struct({ ...SandboxEndpoint.fields, loginCode: Schema.NonEmptyString })

export interface SandboxConnection {
  readonly endpoint: SandboxEndpoint
  readonly loginCode: string
}

/** Thrown when: STASH_SANDBOX is set, but no sandbox answers there. */
export class SandboxUnreachable extends Schema.TaggedError<SandboxUnreachable>()("SandboxUnreachable", {
  url: Schema.String,
  reason: Schema.String,
}) {
  override get message(): string {
    return `no sandbox answers at ${this.url} (${this.reason}); start one with: npm run sandbox -- --world FILE`
  }
}

/** Asks the sandbox at `url` (loopback) how TDLib reaches it. Fails with {@link SandboxUnreachable} after 10 s. */
export const connectToSandbox = (url: string): Effect.Effect<SandboxConnection, SandboxUnreachable> =>
  Effect.tryPromise({
    try: async (signal) => (await fetch(new URL("/endpoint", url), { signal })).json() as Promise<unknown>,
    catch: (cause) => new SandboxUnreachable({ url, reason: String(cause) }),
  }).pipe(
    Effect.flatMap((answer) =>
      Schema.decodeUnknownEffect(EndpointAnswer)(answer).pipe(
        Effect.mapError((error) => new SandboxUnreachable({ url, reason: error.message })),
      ),
    ),
    Effect.map(({ loginCode, ...endpoint }) => ({ endpoint, loginCode })),
    Effect.timeoutOrElse({
      duration: "10 seconds",
      orElse: () => Effect.fail(new SandboxUnreachable({ url, reason: "no answer within 10 s" })),
    }),
  )
