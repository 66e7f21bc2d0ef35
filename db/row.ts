import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"

/**
 * A bigint column (or a count, or a number inside jsonb) as a number. postgres.js hands bigint over as text.
 * Telegram's ids are at most 53 bits wide and our byte counts stay below that; anything wider fails to decode.
 */
export const SafeInteger = Schema.Union([
  Schema.Int,
  Schema.String.check(Schema.isPattern(/^-?\d{1,16}$/)).pipe(
    Schema.decodeTo(Schema.Int, SchemaTransformation.numberFromString),
  ),
])

/**
 * The text form of a Postgres array, to be passed as a parameter with a cast: `${arrayLiteral(tags)}::text[]`.
 * (Array parameters of postgres.js need its type discovery, a query at every connect that dies unhandled with its connection.)
 */
export const arrayLiteral = (values: ReadonlyArray<string | number>): string =>
  `{${values.map((value) => `"${String(value).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`).join(",")}}`

/** Postgres text and jsonb hold neither NUL nor half a surrogate pair; names inside archives and captions do. */
export const storable = (text: string): string => text.toWellFormed().replaceAll("\0", "\uFFFD")

/** A value as JSON that Postgres takes as jsonb: JSON.stringify would write what is not storable as escapes. */
export const storableJson = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === "string" ? storable(part) : part))

/**
 * The content hashes that begin with this text, as a range that an index finds: from `from` up to and without `to`. Empty
 * when it is not 8 to 64 hexadecimal digits.
 */
export const hashesFrom = (text: string): { readonly from: string; readonly to: string } =>
  /^[0-9a-f]{8,64}$/.test(text) ? { from: text, to: `${text}g` } : { from: "", to: "" }
