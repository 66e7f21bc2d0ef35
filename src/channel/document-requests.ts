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

/** A document that lies in a chat. */
export const ListedDocument = Schema.Struct({
  messageId: Schema.Int,
  fileName: Schema.String,
  bytes: Schema.Int,
  /** Unix seconds. */
  date: Schema.Int,
  albumId: Schema.NullOr(Schema.String),
  /** What our caption says that it is; null: it has none of ours. */
  tag: Schema.NullOr(Schema.Struct({ hashPrefix: Schema.String, part: Schema.Int, of: Schema.Int })),
})
export type ListedDocument = typeof ListedDocument.Type

/** A page of them, the newest first. */
export const DocumentPage = Schema.Struct({ documents: Schema.Array(ListedDocument) })
export type DocumentPage = typeof DocumentPage.Type
