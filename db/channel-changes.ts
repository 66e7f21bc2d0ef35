import * as Effect from "effect/Effect"
import { callAccounts } from "./channels.ts"
import { run, transaction } from "./statement.ts"

/** Takes away what an account has to do with a channel, its mark too. False: there was nothing. */
export const unlinkChannel = (accountId: string, channelId: string) =>
  run(
    "unlinkChannel",
    (sql) => sql`
      delete from "account_channel_map" where "accountId" = ${accountId} and "channelId" = ${channelId}`,
  ).pipe(Effect.map((written) => written > 0))

/** Lets a channel be used, or not. Accounts see it at their next cycle. */
export const setChannelActive = (channelId: string, isActive: boolean) =>
  run(
    "setChannelActive",
    (sql) => sql`
      update "telegram_channels" set "isActive" = ${isActive}, "updatedAt" = now() where "id" = ${channelId}`,
  ).pipe(Effect.asVoid)

/**
 * Gives a channel a category, or none. As with the web app, the packages that have the former one as a tag get the new
 * one instead; a first category goes to all packages of the channel. Answers with how many were changed.
 */
export const setCategory = (channelId: string, category: string | null) =>
  transaction(
    "setCategory",
    Effect.tap(tagAnew(channelId, category), () => writeCategory(channelId, category)),
  )

const tagAnew = (channelId: string, category: string | null) =>
  run(
    "tagAnew",
    (sql) => sql`
      update "packages" p
      set "tags" = array_remove(array_remove(p."tags", c."category"), ${category}::text) ||
                   case when ${category}::text is null then '{}'::text[] else array[${category}::text] end
      from "telegram_channels" c
      where c."id" = ${channelId} and p."sourceChannelId" = c."id" and c."category" is distinct from ${category}::text
        and (c."category" is null or c."category" = any(p."tags"))`,
  )

const writeCategory = (channelId: string, category: string | null) =>
  run(
    "writeCategory",
    (sql) => sql`
      update "telegram_channels" set "category" = ${category}, "updatedAt" = now() where "id" = ${channelId}`,
  )

/**
 * Has a source looked through anew, from `fromMessageId` on (null: from its beginning), by one account or by all that
 * read it. What is settled stays so: it costs calls, no downloads. Calls the accounts; answers with how many those are.
 */
export const rescan = (channelId: string, accountIds: ReadonlyArray<string>, fromMessageId: number | null) =>
  transaction(
    "rescan",
    Effect.gen(function* () {
      let count = 0
      for (const accountId of accountIds) count += yield* setBack(channelId, accountId, fromMessageId)
      yield* forgetTrouble(channelId)
      yield* forgetTopics(channelId, fromMessageId)
      yield* callAccounts(accountIds)
      return count
    }),
  )

const setBack = (channelId: string, accountId: string, fromMessageId: number | null) =>
  run(
    "setBack",
    (sql) => sql`
      update "account_channel_map"
      set "lastProcessedMessageId" = case
        when ${fromMessageId}::bigint is null then null
        else least(coalesce("lastProcessedMessageId", 0), ${fromMessageId}::bigint - 1)
      end
      where "channelId" = ${channelId} and "accountId" = ${accountId} and "role" = 'READER'`,
  )

/** As the web app does it: the topics' own marks, which this worker writes and never reads, begin anew too. */
const forgetTopics = (channelId: string, fromMessageId: number | null) =>
  run(
    "forgetTopics",
    (sql) => sql`
      delete from "topic_progress" t using "account_channel_map" m
      where m."id" = t."accountChannelMapId" and m."channelId" = ${channelId}
        and coalesce(t."lastProcessedMessageId" >= ${fromMessageId}::bigint, true)`,
  )

/** Has the accounts try again at once to read a channel that they could not read. */
export const forgetTrouble = (channelId: string) =>
  run(
    "forgetTrouble",
    (sql) => sql`
      update stash_source_states s set "retryAt" = null from "account_channel_map" m
      where m."id" = s."mapId" and m."channelId" = ${channelId}`,
  ).pipe(Effect.asVoid)
