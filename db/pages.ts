import * as Effect from "effect/Effect"

/** Some rows of a large table, in the order of their key, or what is said of them. */
export interface Page<Content, Key> {
  readonly content: Content
  /** The key of its last row, after which the next page begins; undefined: there is no more. */
  readonly last: Key | undefined
}

/** A large table page by page, so that no statement takes long. `before` lies before every key. */
export const allPages = Effect.fn("allPages")(function* <Content, Key, E, R>(
  before: Key,
  pageAfter: (key: Key) => Effect.Effect<Page<Content, Key>, E, R>,
) {
  const contents: Array<Content> = []
  for (let key: Key | undefined = before; key !== undefined; ) {
    const page: Page<Content, Key> = yield* pageAfter(key)
    contents.push(page.content)
    key = page.last
  }
  return contents as ReadonlyArray<Content>
})
