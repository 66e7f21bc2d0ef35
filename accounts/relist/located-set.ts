import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { PackageToList } from "../../db/relists.ts"
import { type ArchiveSet, groupArchiveSets } from "../../src/archive/archive-set.ts"
import { restoreVolumes } from "../../src/archive/restore-volumes.ts"
import { fileKeyOf } from "../ingest/file-key.ts"
import { type SourceVolume, toVolumes } from "../ingest/source-file.ts"
import { messagesById, PAGE_SIZE, searchPage } from "../telegram/history.ts"
import type { TelegramError } from "../telegram/telegram-error.ts"

/** Thrown when: a package cannot be listed, for a reason that is its own. It is tried again, more and more rarely. */
export class ListingProblem extends Schema.TaggedError<ListingProblem>()("ListingProblem", { text: Schema.String }) {
  override get message(): string {
    return this.text
  }
}

/** Where the bytes of a package can be read. */
export interface LocatedSet {
  readonly where: "source" | "destination"
  /** As the package is to be described; of its volumes those that were cut are whole again. */
  readonly set: ArchiveSet<SourceVolume>
  /** The documents that each volume is made of, in volume order; one of a volume that was not cut. */
  readonly pieces: ReadonlyArray<ReadonlyArray<SourceVolume>>
}

const isOutOfSight = ({ kind }: TelegramError): boolean =>
  kind === "not_found" || kind === "forbidden" || kind === "refused"

/** The messages that are there, a hundred in one question; none of a chat that the account does not see. */
const documentsOf = Effect.fn("documentsOf")(
  function* (chatId: number, messageIds: ReadonlyArray<number>) {
    const found: Array<SourceVolume> = []
    for (let start = 0; start < messageIds.length; start += 100) {
      const messages = yield* messagesById(chatId, messageIds.slice(start, start + 100))
      found.push(...messages.flatMap((message) => (message === null ? [] : toVolumes(message))))
    }
    return found
  },
  Effect.catchIf(isOutOfSight, () => Effect.succeed<ReadonlyArray<SourceVolume>>([])),
)

const bytesOf = (volumes: ReadonlyArray<SourceVolume>): number => volumes.reduce((sum, { bytes }) => sum + bytes, 0)

/** An earlier worker noted the first message of a set alone: what was posted after it, a hundred documents at most. */
const documentsAfter = Effect.fn("documentsAfter")(
  function* (chatId: number, messageId: number) {
    const { messages } = yield* searchPage(chatId, "documents", messageId, { offset: 1 - PAGE_SIZE })
    return messages.filter(({ id }) => id >= messageId).flatMap(toVolumes)
  },
  Effect.catchIf(isOutOfSight, () => Effect.succeed<ReadonlyArray<SourceVolume>>([])),
)

const documentsOfSet = Effect.fn("documentsOfSet")(function* ({ fileSize, source }: PackageToList) {
  const known = yield* documentsOf(source.chatId, source.messageIds)
  if (known.length !== 1 || bytesOf(known) >= fileSize) return known
  const sets = groupArchiveSets(yield* documentsAfter(source.chatId, source.firstMessageId))
  return sets.find(({ firstMessageId }) => firstMessageId === source.firstMessageId)?.volumes ?? known
})

/** The set in its source, if that still holds what was published. */
const inSource = Effect.fn("inSource")(function* (wanted: PackageToList) {
  const { fileSize, source } = wanted
  if (!source.isRead) return undefined
  const documents = yield* documentsOfSet(wanted)
  const isWhole =
    documents.length >= source.messageIds.length &&
    bytesOf(documents) === fileSize &&
    documents.every(({ canBeSaved }) => canBeSaved)
  const extensions = documents.flatMap(({ fileName }) => /\.([^.]{1,16})$/.exec(fileName)?.[1]?.toLowerCase() ?? [])
  const [set] = isWhole ? groupArchiveSets(documents, { documentExtensions: extensions }) : []
  if (set === undefined || set.volumes.length < documents.length || set.firstMessageId !== source.firstMessageId)
    return undefined
  // Somebody may have put another file there.
  if (source.fileKey !== null && source.fileKey !== fileKeyOf(set.volumes)) return undefined
  const located: LocatedSet = { where: "source", set, pieces: set.volumes.map((volume) => [volume]) }
  return located
})

const inDestination = Effect.fn("inDestination")(function* (wanted: PackageToList) {
  const { archiveType, destChatId, destMessageIds, fileName, fileSize, source } = wanted
  if (destChatId === null) return yield* new ListingProblem({ text: "its destination channel is not known any more" })
  const documents = yield* documentsOf(destChatId, destMessageIds)
  if (documents.length < destMessageIds.length)
    return yield* new ListingProblem({
      text: `${destMessageIds.length - documents.length} of its ${destMessageIds.length} messages are not seen in the destination`,
    })
  if (bytesOf(documents) !== fileSize)
    return yield* new ListingProblem({ text: `its messages hold ${bytesOf(documents)} bytes, it has ${fileSize}` })
  const parts = documents.map(({ bytes, fileName: name }) => ({ bytes, name }))
  const published = restoreVolumes(parts, archiveType)
  if (published === undefined)
    return yield* new ListingProblem({
      text: `the names of its parts do not say how they fit: ${parts
        .slice(0, 5)
        .map(({ name }) => name)
        .join(", ")}`,
    })
  const pieces = published.volumes.map(({ parts }) => parts.flatMap((part) => documents[part] ?? []))
  const volumes = published.volumes.flatMap(({ name }, index) => {
    const [first] = pieces[index] ?? []
    return first === undefined ? [] : [{ ...first, fileName: name, bytes: bytesOf(pieces[index] ?? []) }]
  })
  const set: ArchiveSet<SourceVolume> = {
    name: fileName,
    archiveType: published.archiveType,
    family: published.family,
    volumes,
    firstMessageId: source.firstMessageId,
    state: "complete",
    missing: [],
    problem: "",
    bytes: fileSize,
  }
  const located: LocatedSet = { where: "destination", set, pieces }
  return located
})

/**
 * Finds the bytes of a package: in its source, where pictures of it are too, else in the destination.
 * Fails with `ListingProblem` when they are in neither.
 */
export const locateSet = Effect.fn("locateSet")(function* (wanted: PackageToList) {
  return (yield* inSource(wanted)) ?? (yield* inDestination(wanted))
})
