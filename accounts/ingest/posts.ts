import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"

/** A document that was posted in a source; TDLib's ids. */
export interface Post {
  readonly chatId: number
  readonly messageId: number
}

/** More than these are not remembered: the next cycle finds them all the same. */
const REMEMBERED = 1_000

/** What was posted in the account's sources, and no cycle has looked at yet. */
export class Posts extends Context.Service<
  Posts,
  {
    readonly note: (posts: ReadonlyArray<Post>) => void
    /** Waits until there are some. */
    readonly arrived: Effect.Effect<void>
    /** Those that there are, by their chats; they are forgotten here. */
    readonly take: () => ReadonlyMap<number, ReadonlySet<number>>
    readonly isEmpty: () => boolean
  }
>()("accounts/ingest/Posts") {
  static readonly layer = Layer.sync(Posts, () => {
    let waiting: ReadonlyArray<Post> = []
    let bell = Deferred.makeUnsafe<void>()
    return Posts.of({
      note: (posts) => {
        waiting = [...waiting, ...posts].slice(-REMEMBERED)
        if (waiting.length > 0) Deferred.doneUnsafe(bell, Exit.void)
      },
      arrived: Effect.suspend(() => Deferred.await(bell)),
      take: () => {
        const taken = Map.groupBy(waiting, ({ chatId }) => chatId)
        waiting = []
        bell = Deferred.makeUnsafe()
        return new Map([...taken].map(([chatId, posts]) => [chatId, new Set(posts.map(({ messageId }) => messageId))]))
      },
      isEmpty: () => waiting.length === 0,
    })
  })
}
