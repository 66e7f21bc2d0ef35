import { Effect, Exit, Schema } from "effect"
import { describe, expect, it } from "vitest"
import { emptyDatabase } from "../test/fresh-database.ts"
import { Database } from "./database.ts"
import { type Migration, migrate, migrationNames, runMigrations } from "./migrate.ts"

const on = <A, E>(url: string, work: Effect.Effect<A, E, Database>) =>
  Effect.runPromise(Effect.provide(work, Database.layer({ url, max: 4, applicationName: "test" })))

const run = (statement: string) =>
  Effect.flatMap(Database, (database) => database.run("test", (sql) => sql.unsafe(statement)))

const read = (statement: string) =>
  Effect.flatMap(Database, (database) =>
    database.rows("test", Schema.Record(Schema.String, Schema.Unknown), (sql) => sql.unsafe(statement)),
  )

/** Tables as an older predecessor left them: without isPremium, with rows, one of its indexes under its usual name. */
const oldInstallation = `
  create type "AuthState" as enum ('PENDING', 'AWAITING_CODE', 'AWAITING_PASSWORD', 'AUTHENTICATED', 'EXPIRED');
  create table "telegram_accounts" (
    "id" text not null, "phone" text not null, "displayName" text, "isActive" boolean not null default true,
    "authState" "AuthState" not null default 'PENDING', "authCode" text, "lastSeenAt" timestamp(3),
    "createdAt" timestamp(3) not null default current_timestamp, "updatedAt" timestamp(3) not null,
    constraint "telegram_accounts_pkey" primary key ("id"));
  create unique index "telegram_accounts_phone_key" on "telegram_accounts" ("phone");
  create table "global_settings" (
    "key" varchar(64) not null, "value" text not null, "updatedAt" timestamp(3) not null,
    constraint "global_settings_pkey" primary key ("key"));
  insert into "telegram_accounts" ("id", "phone", "authState", "updatedAt")
    values ('a1', '+10000000001', 'AUTHENTICATED', '2026-05-01 10:00:00');
  insert into "global_settings" values ('destination_invite_link', 'https://t.me/+x', '2026-05-01 10:00:00');`

describe("migrate", () => {
  it("builds everything on an empty database, and has nothing left to do the second time", async () => {
    const url = await emptyDatabase()
    expect(await Effect.runPromise(migrate(url))).toEqual([...migrationNames])
    expect(await Effect.runPromise(migrate(url))).toEqual([])
  })

  it("runs each migration once when two supervisors start together", async () => {
    const url = await emptyDatabase()
    const ran = await Promise.all([
      Effect.runPromise(migrate(url)),
      Effect.runPromise(migrate(url)),
      Effect.runPromise(migrate(url)),
    ])
    expect(ran.flat().sort()).toEqual([...migrationNames])
  })

  it("leaves the rows of an existing installation as they are and adds what it lacks", async () => {
    const url = await emptyDatabase()
    await on(url, run(oldInstallation))
    const before = await on(url, read(`select * from "telegram_accounts", "global_settings"`))
    await Effect.runPromise(migrate(url))
    const after = await on(url, read(`select * from "telegram_accounts", "global_settings"`))
    expect(after).toEqual(before.map((row) => ({ ...row, isPremium: false })))
  })

  it("changes nothing when the predecessor's tables are all there", async () => {
    const url = await emptyDatabase()
    await Effect.runPromise(migrate(url))
    const catalogue = read(`
      select c.relname, c.oid::int, c.relfilenode::int, array_agg(a.attname order by a.attnum)::text as columns
      from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_attribute a on a.attrelid = c.oid
      where n.nspname = 'public' and c.relname not like 'stash%' group by 1, 2, 3 order by 1`)
    const before = await on(url, catalogue)
    await on(
      url,
      run(`
        do $$ declare t text; begin
          for t in select tablename from pg_tables where schemaname = 'public' and tablename like 'stash%' loop
            execute format('drop table %I cascade', t);
          end loop;
        end $$`),
    )
    await on(url, run("drop sequence stash_token"))
    await Effect.runPromise(migrate(url))
    expect(await on(url, catalogue)).toEqual(before)
  })

  it("refuses to go on when a migration that ran has another text now", async () => {
    const url = await emptyDatabase()
    const first: Migration = { name: "0001_a", text: "create table a (x int)" }
    await on(url, runMigrations([first]))
    const changed = { ...first, text: "create table a (x bigint)" }
    const error = await on(url, Effect.flip(runMigrations([changed])))
    expect(error).toMatchObject({ _tag: "MigrationError", migration: "0001_a" })
  })

  it("refuses a database that a newer version has migrated", async () => {
    const url = await emptyDatabase()
    const [first, second] = [
      { name: "0001_a", text: "create table a (x int)" },
      { name: "0002_b", text: "create table b (x int)" },
    ]
    await on(url, runMigrations([first, second]))
    const error = await on(url, Effect.flip(runMigrations([first])))
    expect(error).toMatchObject({ _tag: "MigrationError", migration: "0002_b" })
  })

  it("leaves nothing of a migration that fails half-way", async () => {
    const url = await emptyDatabase()
    const broken = { name: "0001_a", text: "create table a (x int); insert into nowhere values (1)" }
    expect(Exit.isFailure(await on(url, Effect.exit(runMigrations([broken]))))).toBe(true)
    expect(
      await on(url, read("select to_regclass('a')::text as a, (select count(*)::int from stash_migrations) as n")),
    ).toEqual([{ a: null, n: 0 }])
  })
})

describe("the predecessor's search column", () => {
  it("is filled by the database, so that app and bot find a package by words of its name", async () => {
    const url = await emptyDatabase()
    await Effect.runPromise(migrate(url))
    await on(
      url,
      run(
        `insert into "telegram_channels" ("id", "telegramId", "title", "type", "updatedAt") values ('c', -1001, 'c', 'SOURCE', now())`,
      ),
    )
    await on(
      url,
      run(
        `insert into "packages" ("id", "contentHash", "fileName", "fileSize", "archiveType", "sourceChannelId", "sourceMessageId") values ('p', 'h', 'Red Dragons 2024.zip', 1, 'ZIP', 'c', 1)`,
      ),
    )
    const found = await on(
      url,
      read(`select "id" from "packages" where "searchVector" @@ plainto_tsquery('english', 'dragons')`),
    )
    expect(found).toEqual([{ id: "p" }])
  })
})
