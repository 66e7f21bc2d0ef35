import { readFileSync } from "node:fs"
import { Schema } from "effect"

const AppStatement = Schema.Struct({
  text: Schema.String,
  values: Schema.Array(Schema.Union([Schema.String, Schema.Number, Schema.Boolean, Schema.Null])),
})

/** Something that the web app or the bot does, with the statements that it sends for it. */
const AppAction = Schema.Struct({ name: Schema.String, statements: Schema.Array(AppStatement) })
export type AppAction = typeof AppAction.Type

/**
 * What the web app and the bot send to the database: read off the wire while their queries ran, through their own
 * Prisma client (7.4.2), against the rows of test/predecessor.
 */
export const appActions: ReadonlyArray<AppAction> = Schema.decodeUnknownSync(Schema.Array(AppAction))(
  JSON.parse(readFileSync(new URL("app-statements.json", import.meta.url), "utf8")),
)
