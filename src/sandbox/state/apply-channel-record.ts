import type { Account } from "./account.ts"
import type { Channel } from "./channel.ts"
import type { ChannelRecord, MemberRecord } from "./channel-records.ts"

const applyMember = (channel: Channel, account: Account, record: MemberRecord): void => {
  const before = channel.members.get(account)
  const stays = channel.members.has(account)
  channel.members.set({
    account,
    status: record.status,
    since: stays && before !== undefined && record.status !== "banned" ? before.since : record.at,
    joinedAfter: stays && before !== undefined ? before.joinedAfter : channel.messages.length,
    rights: record.rights ?? [],
    restrictions: record.restrictions ?? [],
    until: record.until ?? 0,
    rank: record.rank ?? "",
  })
  channel.changed = Math.max(channel.changed, record.at)
  if (record.hash !== undefined) channel.invites.use(record.hash)
  channel.invites.settle(account)
}

/** Lets a record about a channel take effect. accountOf: the account with a phone. */
export const applyChannelRecord = (
  channel: Channel,
  record: ChannelRecord,
  accountOf: (phone: string) => Account | undefined,
): void => {
  switch (record.type) {
    case "channel-changed": {
      const { username, ...settings } = record.settings
      channel.change({ ...settings, ...(username === undefined ? {} : { username: username || undefined }) })
      channel.changed = Math.max(channel.changed, record.at)
      return
    }
    case "member": {
      const account = accountOf(record.phone)
      if (account !== undefined) applyMember(channel, account, record)
      return
    }
    case "invite": {
      const { type, channel: _, by, ...invite } = record
      channel.invites.set({ ...invite, by: by === null ? undefined : accountOf(by) })
      return
    }
    case "invite-removed":
      channel.invites.remove(record.hash)
      return
    case "join-request": {
      const account = accountOf(record.phone)
      if (account === undefined) return
      channel.invites.request({ account, date: record.at, hash: record.hash ?? undefined })
      return
    }
    case "join-request-settled": {
      const account = accountOf(record.phone)
      if (account !== undefined) channel.invites.settle(account)
      return
    }
    case "archived": {
      const account = accountOf(record.phone)
      if (account === undefined) return
      if (record.archived) channel.archivedBy.add(account)
      else channel.archivedBy.delete(account)
      return
    }
    case "topic-changed": {
      const { iconEmojiId, ...change } = record.change
      channel.topics.change(record.topicId, {
        ...change,
        ...(iconEmojiId === undefined ? {} : { iconEmojiId: BigInt(iconEmojiId) || undefined }),
      })
      return
    }
    case "topics-pinned":
      channel.topics.pin(record.topicIds)
  }
}
