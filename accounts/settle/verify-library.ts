import * as Effect from "effect/Effect"
import { destinationsToVerify, noteVerified, type PackageToVerify, packagesToVerify } from "../../db/package-checks.ts"
import { logEvent } from "../../src/log-line.ts"
import type { ChannelMessage } from "../telegram/channel-message.ts"
import { messagesById, requireChat, seesWholeHistory } from "../telegram/history.ts"

/** TDLib takes so many messages in one question. */
const MESSAGES_AT_ONCE = 100
const PACKAGES_AT_ONCE = 50
/** A large library is looked through over several cycles. */
const PACKAGES_PER_CYCLE = 1000

/** What is wrong with a package's messages, in words for an operator; null when all is well. */
export const problemOf = (
  { fileSize, messageIds }: Pick<PackageToVerify, "fileSize" | "messageIds">,
  found: ReadonlyMap<number, ChannelMessage | null>,
): string | null => {
  const messages = messageIds.map((id) => found.get(id) ?? null)
  const gone = messageIds.filter((_, index) => messages[index] === null)
  if (gone.length > 0) return `${gone.length} of its ${messageIds.length} messages are gone: ${gone.join(", ")}`
  const contents = messages.flatMap((message) => (message === null ? [] : [message.content]))
  if (!contents.every(({ _tag }) => _tag === "Document")) return "one of its messages holds no file any more"
  const bytes = contents.reduce((sum, content) => sum + (content._tag === "Document" ? content.bytes : 0), 0)
  return bytes === fileSize ? null : `its messages hold ${bytes} bytes, it has ${fileSize}`
}

/** The messages of packages, as they are now; null: gone. */
export const lookFor = Effect.fn("lookFor")(function* (chatId: number, packages: ReadonlyArray<PackageToVerify>) {
  const ids = [...new Set(packages.flatMap(({ messageIds }) => messageIds))]
  const found = new Map<number, ChannelMessage | null>()
  for (let start = 0; start < ids.length; start += MESSAGES_AT_ONCE) {
    const some = ids.slice(start, start + MESSAGES_AT_ONCE)
    const messages = yield* messagesById(chatId, some)
    some.forEach((id, index) => void found.set(id, messages[index] ?? null))
  }
  return found
})

/** Whether the account can tell that a message is gone for everybody; undefined: it does not see the chat at all. */
export const canTellOf = Effect.fn("canTellOf")(function* (chatId: number) {
  return yield* requireChat(chatId).pipe(
    Effect.andThen(seesWholeHistory(chatId)),
    Effect.catchIf(
      (error) => error.kind === "not_found" || error.kind === "forbidden",
      () => Effect.succeed(undefined),
    ),
  )
})

/** `canTell`: whether a message that this account does not see is gone for everybody. */
const verifyIn = Effect.fn("verifyIn")(function* (
  destination: { readonly channelId: string; readonly chatId: number },
  canTell: boolean,
  hours: number,
) {
  const totals = { verified: 0, missing: 0 }
  while (totals.verified < PACKAGES_PER_CYCLE) {
    const packages = yield* packagesToVerify(destination.channelId, hours, PACKAGES_AT_ONCE)
    const found = yield* lookFor(destination.chatId, packages)
    let noted = 0
    for (const one of packages) {
      const problem = problemOf(one, found)
      if (problem !== null && !canTell) continue
      const isNews = yield* noteVerified({ id: one.id, problem })
      noted++
      if (!isNews) continue
      totals.missing++
      yield* logEvent.error("package.missing", `${one.fileName} is not whole in the destination any more`, {
        packageId: one.id,
        problem,
        remedy: `stash package republish ${one.id}`,
      })
    }
    totals.verified += noted
    // Those that nothing can be told of would come again.
    if (packages.length < PACKAGES_AT_ONCE || noted < packages.length) break
  }
  return totals
})

/**
 * Looks for the messages of all packages that were not looked at for `hours`, in bulk, each in its own destination. What
 * is gone makes its package "missing": shown, and kept as it is until an operator has it published again. A destination
 * that this account does not see, or sees only from its joining on, tells nothing.
 */
export const verifyLibrary = Effect.fn("verifyLibrary")(function* (hours: number) {
  if (hours === 0) return
  for (const destination of yield* destinationsToVerify(hours)) {
    const canTell = yield* canTellOf(destination.chatId)
    if (canTell === undefined) {
      yield* logEvent.info("library.unseen", `${destination.title} cannot be seen by this account`, {
        chatId: destination.chatId,
      })
      continue
    }
    const totals = yield* verifyIn(destination, canTell, hours)
    yield* logEvent.info("library.verified", `${destination.title}: looked for ${totals.verified} packages`, totals)
  }
})
