import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import { Database, DatabaseError, type Query, type Sql } from "./database.ts"

/** All rows of a statement. `name` is what logs and errors call it. */
export const rows = <A>(
  name: string,
  row: Schema.ConstraintDecoder<A>,
  query: (sql: Sql) => Query,
): Effect.Effect<ReadonlyArray<A>, DatabaseError, Database> =>
  Effect.flatMap(Database, (database) => database.rows(name, row, query))

/** The first row of a statement, if it has one. */
export const first = <A>(
  name: string,
  row: Schema.ConstraintDecoder<A>,
  query: (sql: Sql) => Query,
): Effect.Effect<Option.Option<A>, DatabaseError, Database> =>
  Effect.flatMap(Database, (database) => database.first(name, row, query))

/** The row of a statement that always has one. */
export const one = <A>(
  name: string,
  row: Schema.ConstraintDecoder<A>,
  query: (sql: Sql) => Query,
): Effect.Effect<A, DatabaseError, Database> =>
  Effect.flatMap(rows(name, row, query), ([found]) =>
    found === undefined
      ? Effect.fail(new DatabaseError({ statement: name, reason: "invalid_row", message: "the answer has no row" }))
      : Effect.succeed(found),
  )

/** How many rows a statement wrote. */
export const run = (name: string, query: (sql: Sql) => Query): Effect.Effect<number, DatabaseError, Database> =>
  Effect.flatMap(Database, (database) => database.run(name, query))

/** Runs the work in one transaction, or in a savepoint of the transaction it already is in. */
export const transaction = <A, E, R>(
  name: string,
  work: Effect.Effect<A, E, R>,
): Effect.Effect<A, E | DatabaseError, Exclude<R, Database> | Database> =>
  Effect.flatMap(Database, (database) => database.transaction(name, work))
