import * as Schema from "effect/Schema"

/**
 * The embedded server cannot be used; `message` says what the operator can do. Every reason but `in_use` and `start_failed`
 * stays until somebody acts.
 *
 * - `not_installed`: the server's binaries, or a tool of util-linux, are not on this machine.
 * - `no_user`: PostgreSQL needs an ordinary user with a name, and there is none.
 * - `unreachable`: the user that the server runs as cannot get at its files.
 * - `foreign_data`: the directory holds a database that this version or this user cannot open.
 * - `in_use`: another worker runs a server on this directory.
 * - `start_failed`: the server did not come up; its log says why.
 */
export class EmbeddedPostgresError extends Schema.TaggedError<EmbeddedPostgresError>()("EmbeddedPostgresError", {
  reason: Schema.Literals(["not_installed", "no_user", "unreachable", "foreign_data", "in_use", "start_failed"]),
  message: Schema.String,
}) {}
