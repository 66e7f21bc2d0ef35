import type { Account } from "../state/account.ts"
import type { Channel } from "../state/channel.ts"
import type { Message } from "../state/message.ts"

/** The ids of the accounts that a service message tells of, beside its sender. */
const idsIn = ({ action }: Message): readonly number[] => {
  if (action === undefined) return []
  if ("users" in action && Array.isArray(action.users)) return action.users
  if ("userId" in action && typeof action.userId === "number") return [action.userId]
  return "inviterId" in action && typeof action.inviterId === "number" ? [action.inviterId] : []
}

/**
 * The accounts that a client has to learn of with these messages of a channel, because service messages tell of them or
 * they made the topics that the messages are in: TDLib complains of those it was never told of.
 */
export const namedAccounts = (channel: Channel, messages: readonly Message[]): readonly Account[] => {
  const ids = new Set(messages.flatMap(idsIn))
  const people = ids.size === 0 ? [] : [...channel.members, ...channel.members.outside()]
  const named = people.flatMap(({ account }) => (ids.has(account.id) ? account : []))
  if (!channel.properties.isForum) return named
  const topicIds = new Set(messages.map((message) => channel.topics.topicIdOf(message)))
  return [...named, ...[...topicIds].flatMap((id) => channel.topics.get(id)?.creator ?? [])]
}
