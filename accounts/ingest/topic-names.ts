import * as Effect from "effect/Effect"
import { Tdlib } from "../telegram/tdlib.ts"

/** More names than this are not kept; they are asked for again. */
const MAX_NAMES = 2_000

/**
 * The names of a forum's topics, each asked for once, when it is needed: the topics without news cost nothing. Null for
 * General, which is named after nobody, and for what Telegram does not tell.
 */
export const makeTopicNames = (chatId: number) => {
  const names = new Map<number, string | null>()
  return {
    known: (topicId: number): string | null => names.get(topicId) ?? null,
    of: Effect.fn("topicName")(function* (topicId: number | null) {
      if (topicId === null) return null
      const known = names.get(topicId)
      if (known !== undefined) return known
      const tdlib = yield* Tdlib
      const name = yield* tdlib.invoke({ _: "getForumTopic", chat_id: chatId, forum_topic_id: topicId }).pipe(
        Effect.map(({ info }) => (info.is_general ? null : info.name)),
        // A name is a courtesy.
        Effect.catch(() => Effect.succeed(null)),
      )
      if (names.size < MAX_NAMES) names.set(topicId, name)
      return name
    }),
  }
}
export type TopicNames = ReturnType<typeof makeTopicNames>

/** The names of several forums' topics, by their chats. */
export const makeForumTopicNames = () => {
  const forums = new Map<number, TopicNames>()
  return (chatId: number): TopicNames => {
    const names = forums.get(chatId) ?? makeTopicNames(chatId)
    forums.set(chatId, names)
    return names
  }
}
