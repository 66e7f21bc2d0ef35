import { createHash } from "node:crypto"
import { statSync } from "node:fs"
import { resolve } from "node:path"
import type { LoadedWorld, WorldAccount, WorldChannel } from "../world.ts"
import { countOf, filePathsOf, repetitionsOf } from "../world-message.ts"
import type { AccountRecord } from "./account.ts"
import { addPeople, creationDate, settingsOf } from "./build-channel.ts"
import { addFolders } from "./build-folders.ts"
import { buildMessage, type MessageContext } from "./build-message.ts"
import { addTopics, closeTopics } from "./build-topics.ts"
import { Channel } from "./channel.ts"
import { stableId, stableLong } from "./identifiers.ts"
import { FIRST_USER_ID, type Telegram } from "./telegram.ts"

export const DEFAULT_CODE = "12345"
/** Wrong codes or passwords in a row, and seconds of waiting after them, unless the account says otherwise. */
const DEFAULT_LOGIN_FLOOD = { attempts: 10, seconds: 300 }
const FIRST_CHANNEL_ID = 1_500_000_001
/** How far apart the dates of messages without a date are, and how far before the start the last one is: seconds. */
const MESSAGE_INTERVAL = 60

/** A digest of a world and the sizes of the files it names: a state directory belongs to one of them. */
export const worldDigest = ({ world, directory }: LoadedWorld): string => {
  const sizes = world.channels.flatMap((channel) =>
    (channel.messages ?? []).flatMap((message) =>
      filePathsOf(message).map(([, path]) => statSync(resolve(directory, path)).size),
    ),
  )
  // Faults, speeds and the schema are no part of what is kept.
  const { $schema: _schema, faults: _faults, speed: _speed, ...rest } = world
  const kept = { ...rest, accounts: rest.accounts.map(({ speed: _own, ...account }) => account) }
  return createHash("sha256")
    .update(JSON.stringify([kept, sizes]))
    .digest("hex")
}

/** What a world says of an account, without its id. */
export const accountOfWorld = (account: WorldAccount): Omit<AccountRecord, "type" | "id"> => ({
  phone: account.phone,
  firstName: account.firstName,
  lastName: account.lastName ?? "",
  premium: account.premium ?? false,
  code: account.code ?? DEFAULT_CODE,
  banned: account.banned ?? false,
  signedUp: account.signUp !== true,
  password: account.password === undefined ? null : { text: account.password, hint: account.passwordHint ?? "" },
  loginFlood: account.loginFlood ?? DEFAULT_LOGIN_FLOOD,
})

/**
 * Adds a channel of a world to a Telegram. directory: what file paths are relative to; started: Unix seconds; messages
 * without a date come before it, a minute apart. Returns the channel.
 */
export const buildChannel = (
  telegram: Telegram,
  channel: WorldChannel,
  directory: string,
  started: number,
): Channel => {
  const messages = channel.messages ?? []
  const count = countOf(messages)
  const defaultDate = (position: number) => started - (count - position) * MESSAGE_INTERVAL
  const created = creationDate(messages, defaultDate(-1))
  const built = new Channel({
    id: FIRST_CHANNEL_ID + telegram.channels.size,
    accessHash: stableLong("channel", channel.name),
    name: channel.name,
    kind: channel.kind,
    created,
    ...settingsOf(channel),
  })
  const creator = channel.creator === undefined ? undefined : telegram.accounts.get(channel.creator)
  built.append({
    date: created,
    text: "",
    from: creator,
    randomId: undefined,
    albumId: undefined,
    file: undefined,
    entities: [],
    isCreation: true,
  })
  telegram.addChannel(built)
  const topicIds = addTopics(built, channel.topics ?? [])
  /** The first message of each entry. */
  const entryIds: number[] = []
  const context: MessageContext = {
    telegram,
    channel: built,
    directory,
    topicId: (name) => topicIds.get(name),
    messageId: (of, reference) => (typeof reference === "string" ? of.labels.get(reference) : entryIds[reference]),
  }
  let position = 0
  for (const entry of messages) {
    entryIds.push(built.messages.length + 1)
    for (const message of repetitionsOf(entry)) {
      buildMessage(context, message, defaultDate(position), String(stableId("file", channel.name, position)))
      position++
    }
  }
  closeTopics(built, channel.topics ?? [], topicIds)
  addPeople(built, channel, telegram.accounts)
  return built
}

/**
 * Fills an empty Telegram with a world. started: Unix seconds of the sandbox's first start with this world; messages
 * without a date come before it, a minute apart.
 */
export const buildWorld = (telegram: Telegram, loaded: LoadedWorld, started: number): void => {
  const { world, directory } = loaded
  for (const [index, account] of world.accounts.entries()) {
    telegram.apply({ type: "account", id: FIRST_USER_ID + index, ...accountOfWorld(account) })
  }
  for (const channel of world.channels) buildChannel(telegram, channel, directory, started)
  for (const account of world.accounts) addFolders(telegram, account)
}
