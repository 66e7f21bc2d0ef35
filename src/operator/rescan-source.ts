import { Effect } from "effect"
import { rescan } from "../../db/channel-changes.ts"
import { type ChannelLink, channelLinks } from "../../db/channel-overview.ts"

/** The accounts that read a channel, or the one of them that is meant. */
export const readersOf = (channelId: string, accountId?: string) =>
  Effect.map(channelLinks(), (links) =>
    links.filter(
      (link) =>
        link.channelId === channelId &&
        link.role === "READER" &&
        (accountId === undefined || link.accountId === accountId),
    ),
  )

/** Has readers look through a source anew, from a message on, by its number in t.me links; null: from the beginning. */
export const rescanSource = (
  channelId: string,
  readers: ReadonlyArray<Pick<ChannelLink, "accountId">>,
  fromNumber: number | null,
) =>
  rescan(
    channelId,
    readers.map(({ accountId }) => accountId),
    // TDLib's message ids are those numbers shifted by 20 bits.
    fromNumber === null ? null : fromNumber * 2 ** 20,
  )
