import * as Effect from "effect/Effect"
import { type PublishedPackage, publishedPackages } from "../../db/package-checks.ts"
import { isContentHash } from "../../src/archive/content-hash.ts"
import { inFormerOrder } from "../../src/archive/former-order.ts"
import type { LookedForPackage } from "../../src/channel/chat-requests.ts"
import type { ChannelMessage } from "../telegram/channel-message.ts"
import { servedDigest } from "./served-digest.ts"
import { canTellOf, lookFor, problemOf } from "./verify-library.ts"

type Found = ReadonlyMap<number, ChannelMessage | null>

/** What Telegram serves of a package, in the order of its parts, has to be what was published. */
const digestProblem = Effect.fn("digestProblem")(function* (one: PublishedPackage, found: Found) {
  const files = one.messageIds.flatMap((id) => {
    const content = found.get(id)?.content
    return content?._tag === "Document" ? [content] : []
  })
  const served = yield* servedDigest(files.map(({ fileId }) => fileId))
  if (served === one.contentHash) return null
  // What the former worker had published, and this one has published again, in the order of its volumes.
  const inOrder = inFormerOrder("rar_old", files, ({ fileName }) => fileName)
  if (inOrder !== undefined && (yield* servedDigest(inOrder.map(({ fileId }) => fileId))) === one.contentHash)
    return null
  return `Telegram serves other bytes: SHA-256 ${served}`
})

const lookAt = Effect.fn("lookAtPackage")(function* (one: PublishedPackage, found: Found, digestUpTo: number) {
  const problem = problemOf(one, found)
  const isDigested = problem === null && one.fileSize <= digestUpTo && isContentHash(one.contentHash)
  const looked: LookedForPackage = {
    id: one.id,
    problem: isDigested ? yield* digestProblem(one, found) : problem,
    isDigested,
  }
  return looked
})

/**
 * Looks for the messages of packages, by their ids, and writes nothing down. Those that this account cannot tell of are left
 * out. What holds no more than `digestUpTo` bytes is downloaded and digested as well, one package after another.
 */
export const lookForPackages = Effect.fn("lookForPackages")(function* (
  packageIds: ReadonlyArray<string>,
  digestUpTo: number,
) {
  const packages = yield* publishedPackages(packageIds)
  const looked: Array<LookedForPackage> = []
  for (const chatId of new Set(packages.map((one) => one.chatId))) {
    const canTell = yield* canTellOf(chatId)
    if (canTell === undefined) continue
    const here = packages.filter((one) => one.chatId === chatId)
    const found = yield* lookFor(chatId, here)
    for (const one of here) {
      const { problem, ...rest } = yield* lookAt(one, found, digestUpTo)
      if (problem === null || canTell) looked.push({ ...rest, problem })
    }
  }
  return looked
})
