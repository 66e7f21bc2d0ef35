import { createHash } from "node:crypto"
import { Effect, Schema } from "effect"

/** Thrown when: the sandbox's control interface did not answer as described. */
export class SandboxRecordError extends Schema.TaggedError<SandboxRecordError>()("SandboxRecordError", {
  url: Schema.String,
  reason: Schema.String,
}) {
  override get message(): string {
    return `${this.url}: ${this.reason}`
  }
}

const RecordedMessage = Schema.Struct({
  id: Schema.Int,
  text: Schema.String,
  from: Schema.NullOr(Schema.String),
  deleted: Schema.optionalKey(Schema.Literal(true)),
  file: Schema.optionalKey(Schema.Struct({ name: Schema.String, bytes: Schema.Int, sha256: Schema.String })),
})
export type RecordedMessage = typeof RecordedMessage.Type

const RecordedChannel = Schema.Struct({
  name: Schema.String,
  title: Schema.String,
  kind: Schema.Literals(["channel", "supergroup", "forum"]),
  chatId: Schema.Int,
  messages: Schema.Array(RecordedMessage),
})
export type RecordedChannel = typeof RecordedChannel.Type

/** The part of the sandbox's own record that the demo reads: what is really in every channel. */
const SandboxRecord = Schema.Struct({ channels: Schema.Array(RecordedChannel) })
export type SandboxRecord = typeof SandboxRecord.Type

const request = (url: URL) =>
  Effect.tryPromise({
    try: async (signal) => {
      const response = await fetch(url, { signal })
      if (!response.ok) throw new Error(`status ${response.status}`)
      return response
    },
    catch: (cause) => new SandboxRecordError({ url: String(url), reason: String(cause) }),
  }).pipe(
    Effect.timeoutOrElse({
      duration: "60 seconds",
      orElse: () => Effect.fail(new SandboxRecordError({ url: String(url), reason: "no answer within 60 s" })),
    }),
  )

/** Reads what is in every channel from the sandbox itself; deleted messages are not in it. */
export const readSandboxRecord = Effect.fn("readSandboxRecord")(function* (sandboxUrl: string) {
  const url = new URL("/state", sandboxUrl)
  const response = yield* request(url)
  const body: unknown = yield* Effect.promise(() => response.json())
  const record = yield* Schema.decodeUnknownEffect(SandboxRecord)(body).pipe(
    Effect.mapError((error) => new SandboxRecordError({ url: String(url), reason: error.message })),
  )
  return {
    channels: record.channels.map((channel) => ({
      ...channel,
      messages: channel.messages.filter(({ deleted }) => deleted === undefined),
    })),
  } satisfies SandboxRecord
})

/** SHA-256 over the files of these messages in order, from the bytes that the sandbox really holds. */
export const hashMessages = Effect.fn("hashMessages")(function* (
  sandboxUrl: string,
  channel: string,
  messages: ReadonlyArray<RecordedMessage>,
) {
  const hash = createHash("sha256")
  for (const message of messages) {
    const url = new URL("/files", sandboxUrl)
    url.searchParams.set("channel", channel)
    url.searchParams.set("id", String(message.id))
    const response = yield* request(url)
    yield* Effect.promise(async () => {
      for await (const chunk of response.body ?? []) hash.update(chunk as Uint8Array)
    })
  }
  return hash.digest("hex")
})
