import { randomUUID } from "node:crypto"
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import postgres from "postgres"

type Row = Record<string, unknown>

/** How a request's row ended, as the app tells its pages. */
export interface Ended {
  readonly status: string
  readonly error: string | null
  readonly result: unknown
}

const LIMIT_MILLISECONDS = 60_000

/**
 * The web app, as far as it asks the worker for something: the very statements that its database layer (Prisma) runs for each
 * action, and what its pages make of the rows. A change of ours that breaks one of them breaks the app.
 */
export class WebApp implements AsyncDisposable {
  readonly #sql: postgres.Sql

  constructor(databaseUrl: string) {
    this.#sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sql.end()
  }

  run(statement: string, ...values: ReadonlyArray<unknown>): Promise<ReadonlyArray<Row>> {
    return this.#sql.unsafe(statement, values as never)
  }

  async #first(statement: string, ...values: ReadonlyArray<unknown>): Promise<Row | undefined> {
    const [row] = await this.run(statement, ...values)
    return row
  }

  #now(): string {
    return new Date().toISOString()
  }

  async #anyAccount(): Promise<string> {
    const row = await this.#first(`
      SELECT "public"."telegram_accounts"."id" FROM "public"."telegram_accounts"
      WHERE ("public"."telegram_accounts"."isActive" = true
        AND "public"."telegram_accounts"."authState" = CAST('AUTHENTICATED'::text AS "public"."AuthState"))
      LIMIT 1 OFFSET 0`)
    if (row === undefined) throw new Error("At least one authenticated account is needed")
    return String(row["id"])
  }

  /** Only the row: as when the notification that follows is lost. */
  async createFetchRequest(accountId: string): Promise<string> {
    const id = randomUUID()
    await this.run(
      `INSERT INTO "public"."channel_fetch_requests" ("id","accountId","status","createdAt","updatedAt")
       VALUES ($1,$2,CAST('PENDING'::text AS "public"."FetchStatus"),$3::text::timestamp,$3::text::timestamp)
       RETURNING "public"."channel_fetch_requests"."id"`,
      ...[id, accountId, this.#now()],
    )
    return id
  }

  notify(channel: string, payload: string): Promise<unknown> {
    return this.run(`SELECT pg_notify('${channel}', $1)`, payload)
  }

  /** POST accounts/:id/fetch-channels. */
  async fetchChannels(accountId: string): Promise<string> {
    const open = await this.#first(
      `SELECT "id" FROM "public"."channel_fetch_requests" WHERE ("accountId" = $1 AND "status" IN
         (CAST('PENDING'::text AS "public"."FetchStatus"),CAST('IN_PROGRESS'::text AS "public"."FetchStatus")))
       LIMIT 1 OFFSET 0`,
      accountId,
    )
    if (open !== undefined) return String(open["id"])
    const id = await this.createFetchRequest(accountId)
    await this.notify("channel_fetch", id)
    return id
  }

  async joinChannelByLink(input: string): Promise<string> {
    const accountId = await this.#anyAccount()
    const requestId = await this.createFetchRequest(accountId)
    await this.notify("join_channel", JSON.stringify({ requestId, input: input.trim(), accountId }))
    return requestId
  }

  async createDestinationViaWorker(title: string): Promise<string> {
    const requestId = await this.createFetchRequest(await this.#anyAccount())
    await this.notify("create_destination", JSON.stringify({ requestId, title: title.trim() }))
    return requestId
  }

  async rebuildPackageDatabase(): Promise<string> {
    const requestId = await this.createFetchRequest(await this.#anyAccount())
    await this.notify("rebuild_packages", requestId)
    return requestId
  }

  /** Without its last step, the notification. */
  async chooseDestination(channelId: string): Promise<void> {
    await this.run(
      `UPDATE "public"."telegram_channels" SET "type" = CAST('DESTINATION'::text AS "public"."ChannelType"),
         "isActive" = true, "updatedAt" = $2::text::timestamp WHERE "id" = $1`,
      ...[channelId, this.#now()],
    )
    await this.run(
      `INSERT INTO "public"."global_settings" ("key","value","updatedAt")
       VALUES ('destination_channel_id', $1, $2::text::timestamp)
       ON CONFLICT ("key") DO UPDATE SET "value" = $1, "updatedAt" = $2::text::timestamp`,
      ...[channelId, this.#now()],
    )
    const accounts = await this.run(
      `SELECT "id" FROM "public"."telegram_accounts" WHERE ("isActive" = true
         AND "authState" = CAST('AUTHENTICATED'::text AS "public"."AuthState"))`,
    )
    for (const { id } of accounts)
      await this.run(
        `INSERT INTO "public"."account_channel_map" ("id","accountId","channelId","role","createdAt")
         VALUES ($1,$2,$3,CAST('WRITER'::text AS "public"."ChannelRole"),$4::text::timestamp)`,
        ...[randomUUID(), id, channelId, this.#now()],
      ).catch(() => undefined)
  }

  async setGlobalDestination(channelId: string): Promise<void> {
    await this.chooseDestination(channelId)
    await this.notify("generate_invite", channelId)
  }

  async triggerIngestion(...accountIds: ReadonlyArray<string>): Promise<void> {
    await this.notify("ingestion_trigger", accountIds.join(","))
  }

  async inviteLink(): Promise<string | undefined> {
    const row = await this.#first(
      `SELECT "key", "value" FROM "public"."global_settings" WHERE ("key" = 'destination_invite_link' AND 1=1)
       LIMIT 1 OFFSET 0`,
    )
    return row === undefined ? undefined : String(row["value"])
  }

  /** GET worker-request, and fetch-channels with a request id. */
  async fetchRequest(id: string): Promise<Ended> {
    const row = await this.#first(
      `SELECT "id", "accountId", "status"::text, "resultJson", "error", "createdAt", "updatedAt"
       FROM "public"."channel_fetch_requests" WHERE ("id" = $1 AND 1=1) LIMIT 1 OFFSET 0`,
      id,
    )
    if (row === undefined) throw new Error("Request not found")
    const { error, resultJson, status } = row as { status: string; error: string | null; resultJson: string | null }
    return { status, error, result: status === "COMPLETED" && resultJson ? JSON.parse(resultJson) : null }
  }

  /** POST zips/:id/extract, behind the app's own checks. */
  async extract(packageId: string, filePath: string, isAnnounced = true): Promise<string> {
    const id = randomUUID()
    await this.run(
      `INSERT INTO "public"."archive_extract_requests" ("id","packageId","filePath","status","createdAt","updatedAt")
       VALUES ($1,$2,$3,CAST('PENDING'::text AS "public"."ExtractStatus"),$4::text::timestamp,$4::text::timestamp)`,
      ...[id, packageId, filePath, this.#now()],
    )
    if (isAnnounced) await this.notify("archive_extract", id)
    return id
  }

  /** GET zips/:id/extract/:requestId?image=true. */
  async extractRequest(
    id: string,
  ): Promise<{ status: string; error: string | null; image: Buffer | null; contentType: string | null }> {
    const row = await this.#first(
      `SELECT "status"::text, "imageData", "contentType", "error"
       FROM "public"."archive_extract_requests" WHERE ("id" = $1 AND 1=1) LIMIT 1 OFFSET 0`,
      id,
    )
    if (row === undefined) throw new Error("Request not found")
    return {
      status: String(row["status"]),
      error: row["error"] as string | null,
      image: row["imageData"] as Buffer | null,
      contentType: row["contentType"] as string | null,
    }
  }

  /** POST uploads: the row, then each file with its row, then the notification. */
  async upload(
    folder: string,
    files: ReadonlyArray<{ readonly name: string; readonly content: Buffer; readonly path?: string }>,
    {
      groupName = null,
      isAnnounced = true,
      userId = "user-1",
    }: { groupName?: string | null; isAnnounced?: boolean; userId?: string } = {},
  ): Promise<string> {
    const id = randomUUID()
    await this.run(
      `INSERT INTO "public"."manual_uploads" ("id","status","groupName","userId","createdAt")
       VALUES ($1,CAST('PENDING'::text AS "public"."ManualUploadStatus"),$2,$4,$3::text::timestamp)`,
      ...[id, groupName ?? (files.length > 1 ? (files[0]?.name.replace(/\.[^.]+$/, "") ?? null) : null), this.#now()],
      userId,
    )
    await mkdir(join(folder, id), { recursive: true })
    for (const { content, name, path = join(folder, id, name) } of files) {
      if (path === join(folder, id, name)) await writeFile(path, content)
      await this.run(
        `INSERT INTO "public"."manual_upload_files" ("id","uploadId","fileName","filePath","fileSize")
         VALUES ($1,$2,$3,$4,$5::text::bigint)`,
        ...[randomUUID(), id, name, path, String(content.length)],
      )
    }
    if (isAnnounced) await this.notify("manual_upload", id)
    return id
  }

  /** GET uploads/:id. */
  async uploadRequest(
    id: string,
  ): Promise<{ status: string; errorMessage: string | null; packageIds: Array<unknown> }> {
    const row = await this.#first(
      `SELECT "id", "status"::text, "groupName", "errorMessage", "createdAt", "completedAt"
       FROM "public"."manual_uploads" WHERE ("id" = $1 AND 1=1) LIMIT 1 OFFSET 0`,
      id,
    )
    const files = await this.run(
      `SELECT "id", "fileName", "fileSize", "packageId", "uploadId"
       FROM "public"."manual_upload_files" WHERE "uploadId" IN ($1) OFFSET 0`,
      id,
    )
    if (row === undefined) throw new Error("Not found")
    return {
      status: String(row["status"]),
      errorMessage: row["errorMessage"] as string | null,
      packageIds: files.map(({ packageId }) => packageId),
    }
  }

  /** Polls as the app's pages do, until a request has ended. */
  async ended<A extends { readonly status: string }>(look: () => Promise<A>): Promise<A> {
    for (let waited = 0; ; waited += 100) {
      const row = await look()
      if (row.status === "COMPLETED" || row.status === "FAILED") return row
      if (waited > LIMIT_MILLISECONDS * 2) throw new Error(`still ${row.status} after ${waited / 1000} s`)
      await sleep(100)
    }
  }
}
