import * as Schema from "effect/Schema"
import { ADMIN_RIGHTS, MEMBER_RIGHTS } from "./state/rights.ts"

export const Phone = Schema.String.check(
  Schema.isPattern(/^[0-9]{5,15}$/u, { expected: "a phone number of 5 to 15 digits" }),
)

/** ISO 8601, or Unix seconds. */
export const WorldDate = Schema.Union([
  Schema.Int,
  Schema.String.check(
    Schema.makeFilter((date) => (Number.isNaN(Date.parse(date)) ? "Expected an ISO 8601 date" : undefined)),
  ),
])
export type WorldDate = typeof WorldDate.Type

/** Unix seconds of a date in a world. */
export const secondsOf = (date: WorldDate): number =>
  typeof date === "string" ? Math.floor(Date.parse(date) / 1000) : date

/** core.telegram.org/method/channels.updateUsername: letters, digits and underscores, beginning with a letter. */
export const Username = Schema.String.check(
  Schema.isPattern(/^[a-zA-Z][a-zA-Z0-9_]{3,31}$/u, { expected: "a username of 4 to 32 letters, digits or _" }),
)

const WorldMember = Schema.Union([
  Phone,
  Schema.Struct({
    phone: Phone,
    /** When it joined; without it, before the first message. Matters where earlier history is hidden. */
    joined: Schema.optionalKey(WorldDate),
  }),
])

export const WorldAdmin = Schema.Union([
  Phone,
  Schema.Struct({
    phone: Phone,
    /** What it may do; all usual things otherwise. */
    rights: Schema.optionalKey(Schema.Array(Schema.Literals(ADMIN_RIGHTS))),
    rank: Schema.optionalKey(Schema.NonEmptyString),
  }),
])

export const WorldInvite = Schema.Struct({
  /** What follows t.me/+ in the link; made of the channel's name otherwise. */
  hash: Schema.optionalKey(
    Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{10,32}$/u, { expected: "10 to 32 letters, digits, _ or -" })),
  ),
  title: Schema.optionalKey(Schema.String),
  /** Whether an administrator has to approve each who joins. */
  requestNeeded: Schema.optionalKey(Schema.Boolean),
  expires: Schema.optionalKey(WorldDate),
  /** How many may join. */
  limit: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
})
export type WorldInvite = typeof WorldInvite.Type

export const WorldTopic = Schema.Struct({
  /** How messages of the world name it; "General" is the topic that every forum has. */
  name: Schema.NonEmptyString,
  title: Schema.optionalKey(Schema.NonEmptyString),
  closed: Schema.optionalKey(Schema.Boolean),
  /** Only General can be hidden. */
  hidden: Schema.optionalKey(Schema.Boolean),
})
export type WorldTopic = typeof WorldTopic.Type

/** The name of the topic that every forum has. */
export const GENERAL_TOPIC = "General"

/** The settings that a world gives a channel and the control interface may change. */
export const channelSettingFields = {
  title: Schema.optionalKey(Schema.NonEmptyString),
  about: Schema.optionalKey(Schema.String),
  /** Protected content: clients refuse to forward or save. */
  protected: Schema.optionalKey(Schema.Boolean),
  /** Members do not see what was posted before they joined. */
  hiddenHistory: Schema.optionalKey(Schema.Boolean),
  /** Joining by the username asks an administrator first. */
  requestNeeded: Schema.optionalKey(Schema.Boolean),
  /** What ordinary members of a supergroup may do; everything otherwise. */
  defaultRights: Schema.optionalKey(Schema.Array(Schema.Literals(MEMBER_RIGHTS))),
}

/** A channel of a world, apart from its messages. */
export const worldChannelFields = {
  /** How world files, the control interface and the state call it. */
  name: Schema.NonEmptyString,
  /** In a channel only admins may post, in a supergroup every member. */
  kind: Schema.Literals(["channel", "supergroup"]),
  ...channelSettingFields,
  /** With a username the channel is public: whoever knows it may read and join. */
  username: Schema.optionalKey(Username),
  creator: Schema.optionalKey(Phone),
  members: Schema.optionalKey(Schema.Array(WorldMember)),
  /** Admins are members as well. */
  admins: Schema.optionalKey(Schema.Array(WorldAdmin)),
  banned: Schema.optionalKey(Schema.Array(Phone)),
  invites: Schema.optionalKey(Schema.Array(WorldInvite)),
  /** Those that have asked to be let in. */
  joinRequests: Schema.optionalKey(Schema.Array(Phone)),
  /** Whether a supergroup's messages belong to topics. */
  forum: Schema.optionalKey(Schema.Boolean),
  topics: Schema.optionalKey(Schema.Array(WorldTopic)),
  /** The accounts that have it in their archive. */
  archived: Schema.optionalKey(Schema.Array(Phone)),
}

/** A channel as a world describes it; the messages have no part in what is checked here. */
export type WorldChannelFrame = Schema.Struct<typeof worldChannelFields>["Type"]

const phoneOf = (listed: string | { readonly phone: string }): string =>
  typeof listed === "string" ? listed : listed.phone

/** What is wrong with a channel that has the right shape; path: where it is in the JSON, "" or ending in a dot. */
export const problemsOfChannel = (
  channel: WorldChannelFrame & { readonly messages?: readonly { readonly topic?: string }[] },
  path: string,
  isAccount: (phone: string) => boolean,
): readonly string[] => {
  const problems: string[] = []
  const checkPhones = (field: string, listed: readonly (string | { readonly phone: string })[] = []) => {
    for (const [index, item] of listed.entries()) {
      const phone = phoneOf(item)
      const where = typeof item === "string" ? `${field}[${index}]` : `${field}[${index}].phone`
      if (!isAccount(phone)) problems.push(`${path}${where}: Expected the phone of an account, found ${phone}`)
    }
  }
  checkPhones("members", channel.members)
  checkPhones("admins", channel.admins)
  checkPhones("banned", channel.banned)
  checkPhones("joinRequests", channel.joinRequests)
  checkPhones("archived", channel.archived)
  if (channel.creator !== undefined && !isAccount(channel.creator)) {
    problems.push(`${path}creator: Expected the phone of an account, found ${channel.creator}`)
  }
  if (channel.forum === true && channel.kind !== "supergroup") {
    problems.push(`${path}forum: Expected kind supergroup for a forum, found ${channel.kind}`)
  }
  if (channel.topics !== undefined && channel.forum !== true) {
    problems.push(`${path}topics: Expected forum: true beside topics`)
  }
  const topics = new Set([GENERAL_TOPIC])
  for (const [index, topic] of (channel.topics ?? []).entries()) {
    if (topic.name !== GENERAL_TOPIC && topics.has(topic.name)) {
      problems.push(`${path}topics[${index}].name: Expected a value of its own, found ${topic.name} again`)
    }
    if (topic.hidden === true && topic.name !== GENERAL_TOPIC) {
      problems.push(`${path}topics[${index}].hidden: Expected only the topic ${GENERAL_TOPIC} to be hidden`)
    }
    topics.add(topic.name)
  }
  for (const [index, { topic }] of (channel.messages ?? []).entries()) {
    if (topic === undefined) continue
    if (channel.forum !== true) problems.push(`${path}messages[${index}].topic: Expected a forum for a topic`)
    else if (!topics.has(topic)) problems.push(`${path}messages[${index}].topic: Expected a topic, found ${topic}`)
  }
  return problems
}
