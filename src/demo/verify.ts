import { Effect, Schema } from "effect"
import expectationsFile from "./expectations.json" with { type: "json" }
import { hashMessages, type RecordedChannel, type RecordedMessage, type SandboxRecord } from "./sandbox-record.ts"

/** What the demo's world must lead to, written down by hand beside the world. */
const Expectations = Schema.Struct({
  published: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      /** The world's name of the source channel. */
      channel: Schema.String,
      /** The set's files in volume order. */
      files: Schema.Array(Schema.String),
      parts: Schema.Int,
    }),
  ),
  duplicates: Schema.Int,
  skipped: Schema.Int,
  waiting: Schema.Int,
})
export const expectations = Schema.decodeUnknownSync(Expectations)(expectationsFile)

export interface DestinationContent {
  readonly name: string
  readonly contentHash: string
  readonly parts: number
  readonly bytes: number
}

export interface Verification {
  readonly messages: number
  readonly contents: ReadonlyArray<DestinationContent>
  /** Empty when the destination holds exactly what it should. */
  readonly problems: ReadonlyArray<string>
}

const channelOf = (record: SandboxRecord, name: string): RecordedChannel =>
  record.channels.find((channel) => channel.name === name) ?? {
    name,
    title: name,
    kind: "channel",
    chatId: 0,
    messages: [],
  }

const bytesOf = (messages: ReadonlyArray<RecordedMessage>): number =>
  messages.reduce((sum, message) => sum + (message.file?.bytes ?? 0), 0)

/** "x.stl.001", "x.stl.002", ... are pieces of "x.stl". */
const isPieceOf = (fileName: string, message: RecordedMessage): boolean => {
  const name = message.file?.name ?? ""
  return name.startsWith(`${fileName}.`) && /^\d{3,}$/.test(name.slice(fileName.length + 1))
}

/**
 * The destination's messages that hold these source files, in volume and part order: each file whole, under whatever
 * name it was published (of two equal ones either may have been first), or else in pieces under its own name.
 */
const findCopies = (
  destination: RecordedChannel,
  sources: ReadonlyArray<RecordedMessage>,
): ReadonlyArray<RecordedMessage> =>
  sources.flatMap(({ file }) => {
    const whole = destination.messages.filter((message) => message.file?.sha256 === file?.sha256)
    if (whole.length > 0) return whole
    return destination.messages
      .filter((message) => isPieceOf(file?.name ?? "", message))
      .sort((a, b) => ((a.file?.name ?? "") < (b.file?.name ?? "") ? -1 : 1))
  })

/**
 * Compares the destination with what it should hold: for every expected content the bytes in the destination, joined,
 * must hash to what the bytes in the source hash to, in the expected number of messages, and nothing else may be there.
 * Everything is read from the sandbox; the worker's own database is not asked.
 */
export const verifyDestination = Effect.fn("verifyDestination")(function* (sandboxUrl: string, record: SandboxRecord) {
  const destination = channelOf(record, "library")
  const problems: Array<string> = []
  const contents: Array<DestinationContent> = []
  const accounted = new Set<number>()

  for (const expected of expectations.published) {
    const source = channelOf(record, expected.channel)
    const sourceMessages = expected.files.flatMap((file) =>
      source.messages.filter((message) => message.file?.name === file),
    )
    const pieces = findCopies(destination, sourceMessages)
    for (const { id } of pieces) accounted.add(id)
    if (pieces.length !== expected.parts)
      problems.push(`${expected.name}: ${pieces.length} messages in the destination instead of ${expected.parts}`)
    if (pieces.length === 0) continue
    const wanted = yield* hashMessages(sandboxUrl, expected.channel, sourceMessages)
    const found = yield* hashMessages(sandboxUrl, "library", pieces)
    if (wanted !== found) problems.push(`${expected.name}: the bytes in the destination differ from the source`)
    contents.push({ name: expected.name, contentHash: found, parts: pieces.length, bytes: bytesOf(pieces) })
  }

  const files = destination.messages.filter((message) => message.file !== undefined)
  for (const message of files)
    if (!accounted.has(message.id)) problems.push(`${message.file?.name}: should not be in the destination`)
  return { messages: files.length, contents, problems } satisfies Verification
})
