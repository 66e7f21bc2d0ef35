import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Exit, Scope } from "effect"
import type { TestProject } from "vitest/node"
import { Database } from "../db/database.ts"
import { embeddedPostgres } from "../db/embedded.ts"
import { migrate } from "../db/migrate.ts"
import { templateDatabase, withDatabase } from "./fresh-database.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** The server of this test run; its superuser. Tests get databases of their own from freshDatabase(). */
    postgresUrl: string
  }
}

/** One database server for the whole run, in a directory that is gone afterwards, with a migrated template in it. */
export default async function setup(project: TestProject) {
  const directory = await mkdtemp(join(tmpdir(), "stash-postgres-"))
  const scope = Scope.makeUnsafe()
  const teardown = async () => {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    await rm(directory, { recursive: true, force: true })
  }
  try {
    const server = await Effect.runPromise(
      Scope.provide(embeddedPostgres({ directory, settings: { fsync: "off", full_page_writes: "off" } }), scope),
    )
    await Effect.runPromise(
      Effect.gen(function* () {
        const database = yield* Database
        yield* database.run("create template", (sql) => sql`create database ${sql(templateDatabase)}`)
      }).pipe(Effect.provide(Database.layer({ url: server.url, max: 1, applicationName: "test" }))),
    )
    await Effect.runPromise(migrate(withDatabase(server.url, templateDatabase)))
    project.provide("postgresUrl", server.url)
  } catch (error) {
    await teardown()
    throw error
  }
  return teardown
}
