import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { DatabaseError } from "./connection.ts"

/** The error names the place, not the value: rows hold phone numbers and login codes. */
export const decodeRows = <A>(statement: string, row: Schema.ConstraintDecoder<A>, rows: ReadonlyArray<unknown>) =>
  Effect.mapError(
    Effect.forEach(rows, (value) => Schema.decodeUnknownEffect(row)(value)),
    (error) =>
      new DatabaseError({
        statement,
        reason: "invalid_row",
        message: `a row does not have the expected shape at ${placesOf(error)}`,
      }),
  )

const describeIssue = SchemaIssue.makeFormatterStandardSchemaV1()
const placesOf = (error: Schema.SchemaError) =>
  describeIssue(error.issue)
    .issues.map((issue) => (issue.path ?? []).map(String).join("."))
    .join(", ")
