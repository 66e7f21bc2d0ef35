import { Effect, Option } from "effect"
import { type AccountStanding, accountStandings } from "../../db/account-states.ts"
import { type ChannelLink, channelLinks, channelOverviews } from "../../db/channel-overview.ts"
import { destination } from "../../db/channels.ts"
import type { Database } from "../../db/database.ts"
import type { SeenChat } from "../channel/chat-requests.ts"
import { check, type Finding, fault } from "./finding.ts"

/** How an account sees a chat; none: it cannot be asked now. Fails with the reason why it does not see it. */
export type LookAt = (
  account: AccountStanding,
  chatId: number,
) => Effect.Effect<Option.Option<SeenChat>, { readonly message: string }, Database>

const noDestination = fault(
  "no destination is set",
  "there is nowhere to publish",
  "stash channel destination CHAT, or --create TITLE",
)

const mayNotPost = (account: string, title: string, reason: string): Finding =>
  fault(
    `${account} may not post in ${title}: ${reason}`,
    "what it downloads cannot be published by it",
    `let it in with the right to post (stash channel destination), or: stash account disable ${account}`,
  )

const rightsOf = Effect.fn("rightsOf")(function* (
  account: AccountStanding,
  chatId: number,
  title: string,
  look: LookAt,
) {
  const name = account.name ?? account.id
  return yield* look(account, chatId).pipe(
    Effect.map((chat) => ({
      isAsked: Option.isSome(chat),
      findings: Option.isSome(chat) && !chat.value.canPost ? [mayNotPost(name, title, "it has no right to")] : [],
    })),
    Effect.catch((error) => Effect.succeed({ isAsked: true, findings: [mayNotPost(name, title, error.message)] })),
  )
})

/** Whether everybody who works can publish. Those that run are asked what they may do there. */
export const checkDestination = Effect.fn("checkDestination")(function* (look: LookAt) {
  const found = Option.getOrUndefined(yield* destination())
  if (found === undefined) return check("destination", "none", noDestination)
  const writers = (yield* channelLinks()).filter(
    ({ channelId, isAccountActive, role }) => channelId === found.channelId && role === "WRITER" && isAccountActive,
  )
  const active = (yield* accountStandings()).filter(({ isActive }) => isActive)
  const rights = yield* Effect.forEach(active, (account) => rightsOf(account, found.chatId, found.title, look), {
    concurrency: 4,
  })
  const asked = rights.filter(({ isAsked }) => isAsked).length
  const nobody = fault(
    `no enabled account writes to ${found.title}`,
    "nothing can be published",
    `stash channel destination ${found.chatId}`,
  )
  return check(
    "destination",
    `${found.title}, ${asked} of ${active.length} accounts were asked${asked === 0 ? " (a running worker asks them)" : ""}`,
    ...(writers.length === 0 && active.length > 0 ? [nobody] : []),
    ...rights.flatMap(({ findings }) => findings),
  )
})

const problemOf = (title: string, chatId: number, readers: ReadonlyArray<ChannelLink>): Finding | undefined => {
  if (readers.length === 0)
    return fault(
      `${title} is enabled, and no enabled account reads it`,
      "nothing of it is found",
      `stash channel link ${chatId} --account NAME, or: stash channel disable ${chatId}`,
    )
  const reasons = readers.flatMap(({ unreadable }) => unreadable ?? [])
  if (reasons.length < readers.length) return undefined
  return fault(
    `${title} can be read by none of its accounts: ${reasons[0]}`,
    "nothing of it is found",
    `let an account in again (stash channel join), or: stash channel disable ${chatId}`,
  )
}

/** Whether every source is read by somebody. */
export const checkSources = Effect.fn("checkSources")(function* () {
  const links = yield* channelLinks()
  const sources = (yield* channelOverviews()).filter(({ isActive, type }) => type === "SOURCE" && isActive)
  const readersOf = (id: string) =>
    links.filter(({ channelId, isAccountActive, role }) => channelId === id && role === "READER" && isAccountActive)
  if (sources.length === 0)
    return check(
      "sources",
      "none",
      fault(
        "no source is enabled",
        "there is nothing to look through",
        "stash channel join @NAME, or stash channel link CHAT",
      ),
    )
  return check(
    "sources",
    `${sources.length} enabled`,
    ...sources.flatMap(({ id, telegramId, title }) => problemOf(title, telegramId, readersOf(id)) ?? []),
  )
})
