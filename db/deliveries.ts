import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { SafeInteger } from "./row.ts"
import { first, one, rows, run } from "./statement.ts"

/** A message of the destination that says of itself, by its caption tag, which part of which content it is. */
export interface TaggedMessage {
  /** The first hexadecimal digits of the content's SHA-256. */
  readonly hashPrefix: string
  /** 1 for the first. */
  readonly part: number
  /** TDLib's chat id. */
  readonly destChatId: number
  readonly messageId: number
}

/**
 * What a message of the destination is to the library.
 * - `recorded`: it is the one that a package or the journal names.
 * - `open`: its part is still being published; whoever publishes it adopts this message, or another one.
 * - `surplus`: its part is recorded as another message, for good: this one is one too many.
 * - `unknown`: no package and no journal row has this content.
 */
export const Standing = Schema.Literals(["recorded", "open", "surplus", "unknown"])
export type Standing = typeof Standing.Type

/**
 * Looks up what a message is to the library. The order of the questions matters: a message is surplus only when its part
 * is recorded as another one, because an unrecorded message may be adopted by somebody else at this very moment.
 */
export const standingOf = (message: TaggedMessage) => {
  const from = message.hashPrefix
  // The first text that is greater than every hash with this prefix.
  const to = `${message.hashPrefix}g`
  return one(
    "standingOf",
    Schema.Struct({ standing: Standing }),
    (sql) => sql`
      select case
        when exists (
          select from "packages" p
          where p."contentHash" >= ${from} and p."contentHash" < ${to}
            and (p."destMessageId" = ${message.messageId} or ${message.messageId}::bigint = any(p."destMessageIds"))
        ) or exists (
          select from stash_publication_parts p
          where p."contentHash" >= ${from} and p."contentHash" < ${to} and p."destMessageId" = ${message.messageId}
        ) then 'recorded'
        when exists (
          select from stash_publications pub
          where pub."contentHash" >= ${from} and pub."contentHash" < ${to} and pub."destChatId" = ${message.destChatId}
            and not exists (
              select from stash_publication_parts p
              where p."contentHash" = pub."contentHash" and p."part" = ${message.part} and p."destMessageId" is not null
            )
        ) then 'open'
        when exists (
          select from stash_publications pub
          where pub."contentHash" >= ${from} and pub."contentHash" < ${to} and pub."destChatId" = ${message.destChatId}
        ) or exists (
          select from "packages" p join "telegram_channels" c on c."id" = p."destChannelId"
          where p."contentHash" >= ${from} and p."contentHash" < ${to} and p."destMessageId" is not null
            and c."telegramId" = ${message.destChatId}
        ) then 'surplus'
        else 'unknown'
      end as "standing"`,
  ).pipe(Effect.map(({ standing }) => standing))
}

/** Whether a message of a destination (TDLib's chat id) is part of a package, or of a publication under way. */
export const isRecorded = (destChatId: number, messageId: number) =>
  one(
    "isRecorded",
    Schema.Struct({ isRecorded: Schema.Boolean }),
    (sql) => sql`
      select exists (
        select from "packages" p join "telegram_channels" c on c."id" = p."destChannelId"
        where c."telegramId" = ${destChatId} and p."destMessageId" = ${messageId}
      ) or exists (
        select from "packages" p join "telegram_channels" c on c."id" = p."destChannelId"
        where c."telegramId" = ${destChatId} and p."destMessageIds" @> array[${messageId}::bigint]
      ) or exists (
        select from stash_publication_parts p join stash_publications pub on pub."contentHash" = p."contentHash"
        where pub."destChatId" = ${destChatId} and p."destMessageId" = ${messageId}
      ) as "isRecorded"`,
  ).pipe(Effect.map((row) => row.isRecorded))

/** The message of a destination that the last sweep went up to; none before the first one. `destChannelId`: its row. */
export const sweptThrough = (destChannelId: string) =>
  first(
    "sweptThrough",
    Schema.Struct({ through: SafeInteger }),
    (sql) => sql`select "sweptThrough" as "through" from stash_sweeps where "destChannelId" = ${destChannelId}`,
  ).pipe(Effect.map(Option.map(({ through }) => through)))

/** A channel that was published in, now or before the operator chose another one. */
const PublishedIn = Schema.Struct({ channelId: Schema.String, chatId: SafeInteger, title: Schema.String })

/** Every channel that was ever published in: what is sent late may still come to a former destination. */
export const destinationsSoFar = () =>
  rows(
    "destinationsSoFar",
    PublishedIn,
    (sql) => sql`
      select c."id" as "channelId", c."telegramId" as "chatId", c."title"
      from stash_sweeps s join "telegram_channels" c on c."id" = s."destChannelId"
      order by s."destChannelId"`,
  )

/**
 * Notes where a destination ended before anything of ours was sent to it. Of two accounts that begin at once the first
 * counts: when the second one writes, there may be messages of the first.
 */
export const beginSweeps = (destChannelId: string, messageId: number) =>
  run(
    "beginSweeps",
    (sql) => sql`
      insert into stash_sweeps ("destChannelId", "sweptThrough") values (${destChannelId}, ${messageId})
      on conflict ("destChannelId") do nothing`,
  ).pipe(Effect.asVoid)

/** Notes that everything in a destination up to this message is decided. It never goes back. */
export const noteSwept = (destChannelId: string, messageId: number) =>
  run(
    "noteSwept",
    (sql) => sql`
      insert into stash_sweeps as s ("destChannelId", "sweptThrough") values (${destChannelId}, ${messageId})
      on conflict ("destChannelId") do update set
        "sweptThrough" = greatest(s."sweptThrough", excluded."sweptThrough"), "sweptAt" = now()`,
  ).pipe(Effect.asVoid)
