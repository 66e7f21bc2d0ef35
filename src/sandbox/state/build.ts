import { createHash } from "node:crypto"
import { statSync } from "node:fs"
import { basename, resolve } from "node:path"
import {
  filePathOf,
  type Generate,
  type LoadedWorld,
  type WorldAccount,
  type WorldChannel,
  type WorldMessage,
} from "../world.ts"
import { secondsOf } from "../world-channel.ts"
import type { Account, AccountRecord } from "./account.ts"
import { addPeople, settingsOf } from "./build-channel.ts"
import { addFolders } from "./build-folders.ts"
import { addTopics, closeTopics } from "./build-topics.ts"
import { Channel } from "./channel.ts"
import { stableId, stableLong } from "./identifiers.ts"
import type { FileRecord, FileSource } from "./records.ts"
import { mimeTypeOf } from "./stored-file.ts"
import { type Draft, FIRST_USER_ID, type Telegram } from "./telegram.ts"

export const DEFAULT_CODE = "12345"
/** Wrong codes or passwords in a row, and seconds of waiting after them, unless the account says otherwise. */
const DEFAULT_LOGIN_FLOOD = { attempts: 10, seconds: 300 }
const FIRST_CHANNEL_ID = 1_500_000_001
/** How far apart the dates of messages without a date are, and how far before the start the last one is: seconds. */
const MESSAGE_INTERVAL = 60

/** A digest of a world and the sizes of the files it names: a state directory belongs to one of them. */
export const worldDigest = ({ world, directory }: LoadedWorld): string => {
  const sizes = world.channels.flatMap((channel) =>
    (channel.messages ?? []).flatMap((message) => {
      const file = filePathOf(message)
      return file === undefined ? [] : [statSync(resolve(directory, file)).size]
    }),
  )
  return createHash("sha256")
    .update(JSON.stringify([world, sizes]))
    .digest("hex")
}

const generatedSource = ({ bytes, seed }: Generate): FileSource => ({ type: "generated", bytes, seed })

const pathSource = (path: string): FileSource => ({ type: "path", path, bytes: statSync(path).size })

/** The document or photo of a message in a world, without its id; undefined for a text. */
export const fileOfMessage = (
  message: WorldMessage,
  directory: string,
): Omit<FileRecord, "type" | "id" | "date"> | undefined => {
  const path = filePathOf(message)
  if (message.photo !== undefined) {
    const source = typeof message.photo === "string" ? undefined : generatedSource(message.photo.generate)
    return {
      kind: "photo",
      name: "",
      mimeType: "image/jpeg",
      attributes: [],
      source: source ?? pathSource(resolve(directory, path ?? "")),
    }
  }
  const source =
    message.generate === undefined
      ? path === undefined
        ? undefined
        : pathSource(resolve(directory, path))
      : generatedSource(message.generate)
  if (source === undefined) return undefined
  const name = message.name ?? basename(path ?? "")
  return { kind: "document", name, mimeType: mimeTypeOf(name), attributes: [], source }
}

/** Unix seconds of a message's date, if it has one. */
const dateOf = ({ date }: WorldMessage): number | undefined => (date === undefined ? undefined : secondsOf(date))

/** What a world's message says, apart from its file. */
export const draftOfMessage = (
  message: WorldMessage,
  channelName: string,
  accounts: ReadonlyMap<string, Account>,
): Draft => {
  const date = dateOf(message)
  const from = message.from === undefined ? undefined : accounts.get(message.from)
  return {
    text: message.text ?? message.caption ?? "",
    ...(date === undefined ? {} : { date }),
    ...(from === undefined ? {} : { from }),
    ...(message.album === undefined ? {} : { albumId: stableId("album", channelName, message.album) }),
  }
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
  const defaultDate = (position: number) => started - (messages.length - position) * MESSAGE_INTERVAL
  const created = defaultDate(-1)
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
  for (const [position, message] of messages.entries()) {
    const draft = draftOfMessage(message, channel.name, telegram.accounts)
    const date = draft.date ?? defaultDate(position)
    const record = fileOfMessage(message, directory)
    const fileId = String(stableId("file", channel.name, position))
    if (record !== undefined) telegram.apply({ type: "file", id: fileId, date, ...record })
    built.append({
      date,
      text: draft.text,
      from: draft.from,
      randomId: undefined,
      albumId: draft.albumId,
      file: record === undefined ? undefined : telegram.file(BigInt(fileId)),
      entities: [],
      isCreation: false,
      topicId: message.topic === undefined ? undefined : topicIds.get(message.topic),
    })
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
