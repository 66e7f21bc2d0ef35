import * as Schema from "effect/Schema"

/** Which documents of a chat are wanted, where they are to lie, and how large they may be together. */
export const DocumentsWanted = Schema.Struct({
  /** TDLib's chat id. */
  chatId: Schema.Int,
  messageIds: Schema.Array(Schema.Int).check(Schema.isMinLength(1)),
  directory: Schema.NonEmptyString,
  maxBytes: Schema.Int,
})
export type DocumentsWanted = typeof DocumentsWanted.Type

export const FetchEvent = Schema.Union([
  Schema.TaggedStruct("Fetching", { doneBytes: Schema.Int, totalBytes: Schema.Int }),
  /** The last one: all of them, in the order in which they were asked for. `name` is the document's own. */
  Schema.TaggedStruct("Fetched", {
    files: Schema.Array(
      Schema.Struct({ messageId: Schema.Int, name: Schema.String, path: Schema.String, bytes: Schema.Int }),
    ),
  }),
])
export type FetchEvent = typeof FetchEvent.Type
export type FetchedFile = Extract<FetchEvent, { readonly _tag: "Fetched" }>["files"][number]
