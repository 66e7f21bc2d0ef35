import { Effect, Option, Ref, Schedule, Schema, Stream } from "effect"
import { completeFetch, noteFetchProgress } from "../../../db/channel-fetch-requests.ts"
import { destination as destinationOf } from "../../../db/channels.ts"
import {
  attachMessages,
  insertRestored,
  knownContent,
  libraryMessages,
  lostPackageCalled,
} from "../../../db/rebuild.ts"
import { type DestinationSet, destinationSets } from "../../archive/destination-sets.ts"
import type { ListedDocument } from "../../channel/document-requests.ts"
import { RebuildInput, type RebuildProgress } from "./rebuild-input.ts"
import { restoreByFetching } from "./restore-by-fetching.ts"
import { type Done, Refused, Unfit, type Work } from "./work.ts"

const decodeInput = Schema.decodeUnknownEffect(RebuildInput)

/** A destination with more documents than this is not looked through: they are held in memory. */
const MAX_DOCUMENTS = 1_000_000
const PROGRESS_EVERY = "2 seconds"
const MAX_PROBLEMS = 100

const nothingYet: RebuildProgress = {
  status: "IN_PROGRESS",
  messagesScanned: 0,
  documentsFound: 0,
  packagesCreated: 0,
  packagesSkipped: 0,
  fetched: 0,
  fetchedBytes: 0,
  problems: [],
}

/** Reads the whole destination. */
const readDestination = Effect.fn("readDestination")(function* (
  { cell }: Work,
  chatId: number,
  progress: Ref.Ref<RebuildProgress>,
) {
  const documents: Array<ListedDocument> = []
  yield* cell.account.ListDocuments({ chatId }).pipe(
    Stream.runForEach((page) =>
      Effect.gen(function* () {
        documents.push(...page.documents)
        if (documents.length > MAX_DOCUMENTS)
          return yield* new Refused({ reason: `the destination has more than ${MAX_DOCUMENTS} documents` })
        const counts = { messagesScanned: documents.length, documentsFound: documents.length }
        yield* Ref.update(progress, (before) => ({ ...before, ...counts }))
      }),
    ),
    Effect.catchTag("ChatRefusal", ({ message }) => Effect.fail(new Unfit({ reason: message }))),
  )
  return documents
})

/** What to do with a set, by what is known of it without fetching it. */
const judge = Effect.fn("judge")(function* (set: DestinationSet, messages: ReadonlySet<number>) {
  if (set.messageIds.every((id) => messages.has(id))) return { do: "nothing" } as const
  if (set.hashPrefix === null) {
    const lost = yield* lostPackageCalled(set.name, set.bytes)
    return lost === undefined ? ({ do: "fetch" } as const) : ({ do: "attach", packageId: lost } as const)
  }
  const known = yield* knownContent(set.hashPrefix)
  if (Option.isNone(known)) return { do: "fetch" } as const
  const { contentHash, isOpen, isPublished, packageId, setName, sourceChannelId, sourceMessageId } = known.value
  if (isOpen) return { do: "leave", reason: "it is being published now" } as const
  if (packageId !== null)
    return isPublished
      ? ({ do: "leave", reason: "the library has the content already" } as const)
      : ({ do: "attach", packageId } as const)
  const source =
    sourceChannelId === null || sourceMessageId === null
      ? null
      : { channelId: sourceChannelId, messageId: sourceMessageId }
  return { do: "insert", contentHash, source, name: setName ?? set.name } as const
})

/**
 * Restores the packages of the destination that the library lacks, with their real hashes: from what captions, claims and rows say,
 * and what nobody knows is fetched for it, one set after the other. Repeating it changes nothing, so it goes on where it was cut.
 */
export const rebuildPackages = Effect.fn("rebuildPackages")(function* (work: Work) {
  const { id } = work.request
  const { download, dryRun } = yield* decodeInput(work.request.input).pipe(
    Effect.mapError((error) => new Refused({ reason: `it is not clear how to rebuild: ${error.message}` })),
  )
  const found = yield* destinationOf()
  if (Option.isNone(found)) return yield* new Refused({ reason: "no destination channel is set" })
  const destination = found.value
  const progress = yield* Ref.make(nothingYet)
  const count = (change: Partial<RebuildProgress>) =>
    Ref.update(progress, (before) => ({
      ...before,
      packagesCreated: before.packagesCreated + (change.packagesCreated ?? 0),
      packagesSkipped: before.packagesSkipped + (change.packagesSkipped ?? 0),
      fetched: before.fetched + (change.fetched ?? 0),
      fetchedBytes: before.fetchedBytes + (change.fetchedBytes ?? 0),
      problems: [...before.problems, ...(change.problems ?? [])].slice(0, MAX_PROBLEMS),
    }))
  const leave = (name: string, reason: string) => count({ packagesSkipped: 1, problems: [{ name, reason }] })

  yield* Ref.get(progress).pipe(
    Effect.flatMap((now) => noteFetchProgress(id, now)),
    Effect.ignore,
    Effect.repeat(Schedule.spaced(PROGRESS_EVERY)),
    Effect.forkScoped,
  )
  const documents = yield* readDestination(work, destination.chatId, progress)
  const { incomplete, sets } = destinationSets(
    documents.map((document) => ({ ...document, senderId: null, topicId: null, caption: "" })),
  )
  for (const { name, problem } of incomplete) yield* leave(name, problem)
  const messages = yield* libraryMessages(destination.channelId)
  for (const set of sets) {
    const verdict = yield* judge(set, messages)
    const own = { destChannelId: destination.channelId, messageIds: set.messageIds }
    if (verdict.do === "nothing") yield* count({ packagesSkipped: 1 })
    else if (verdict.do === "leave") yield* leave(set.name, verdict.reason)
    else if (verdict.do === "fetch" && !download) yield* leave(set.name, "only fetching it would tell its hash")
    else if (dryRun)
      yield* count({ packagesCreated: 1, ...(verdict.do === "fetch" ? { fetched: 1, fetchedBytes: set.bytes } : {}) })
    else if (verdict.do === "attach")
      yield* Effect.flatMap(attachMessages(verdict.packageId, own), (isAttached) =>
        count(isAttached ? { packagesCreated: 1 } : { packagesSkipped: 1 }),
      )
    else if (verdict.do === "insert") {
      const { contentHash, name, source } = verdict
      const row = { contentHash, fileName: name, fileSize: set.bytes, archiveType: set.archiveType, source, ...own }
      const inserted = yield* insertRestored(row)
      yield* count(Option.isSome(inserted) ? { packagesCreated: 1 } : { packagesSkipped: 1 })
    } else {
      const reason = yield* restoreByFetching(work, destination, set).pipe(
        Effect.catchTag("CpuJobError", (error) => Effect.succeed(error.message)),
        Effect.catchTag("Unfit", (error) => Effect.succeed(error.reason)),
      )
      if (reason !== undefined) yield* leave(set.name, reason)
      else yield* count({ packagesCreated: 1, fetched: 1, fetchedBytes: set.bytes })
    }
  }
  const done: Done = Effect.flatMap(Ref.get(progress), (now) => completeFetch(id, { ...now, status: "COMPLETED" }))
  return done
}, Effect.scoped)
