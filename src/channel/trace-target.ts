import * as Schema from "effect/Schema"

/** Where traces go. */
export const TraceTarget = Schema.Struct({
  /** Of the traces themselves: http(s)://HOST:PORT/v1/traces. */
  url: Schema.NonEmptyString,
  /** Sent with them; secrets, mostly. */
  headers: Schema.Record(Schema.String, Schema.String),
})
export type TraceTarget = typeof TraceTarget.Type
