import type { ChannelLink, ChannelOverview } from "../../db/channel-overview.ts"

/** What an operator should know of a channel first. */
export const stateOf = (channel: ChannelOverview, links: ReadonlyArray<ChannelLink>): string => {
  const active = links.filter(({ isAccountActive }) => isAccountActive)
  if (channel.type === "DESTINATION") {
    if (!channel.isDestination) return "former destination"
    return active.some(({ role }) => role === "WRITER") ? "destination" : "destination that nobody writes"
  }
  const readers = active.filter(({ role }) => role === "READER")
  if (!channel.isActive) return "disabled"
  if (readers.length === 0) return "enabled but readable by nobody"
  const [first, ...others] = readers.flatMap(({ unreadable }) => unreadable ?? [])
  if (first !== undefined && others.length + 1 === readers.length) return `unreachable: ${first}`
  if (first !== undefined) return `read by ${readers.length - others.length - 1} of ${readers.length}: ${first}`
  return readers.some(({ scannedAt }) => scannedAt !== null) ? "read" : "not looked through yet"
}
