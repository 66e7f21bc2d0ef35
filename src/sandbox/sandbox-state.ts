import * as Schema from "effect/Schema"
import { channelStateFields, readChannelState } from "./channel-state.ts"
import type { Account } from "./state/account.ts"
import type { Channel, Message } from "./state/channel.ts"
import { sha256Now, sha256Soon } from "./state/content.ts"
import type { StoredFile } from "./state/stored-file.ts"
import type { Telegram } from "./state/telegram.ts"

const MessageState = Schema.Struct({
  /** The server's id. */
  id: Schema.Int,
  /** What TDLib calls the message: id * 2^20. */
  tdlibId: Schema.Int,
  /** Unix seconds */
  date: Schema.Int,
  /** The phone of the account that sent it; null when the world did. */
  from: Schema.NullOr(Schema.String),
  text: Schema.String,
  randomId: Schema.NullOr(Schema.String),
  albumId: Schema.NullOr(Schema.String),
  deleted: Schema.optionalKey(Schema.Literal(true)),
  /** What a service message tells, as Telegram calls it: "messageActionTopicCreate". */
  service: Schema.optionalKey(Schema.String),
  /** The topic of a forum; General without one. */
  topicId: Schema.optionalKey(Schema.Int),
  /** The id of the message that it answers. */
  replyToId: Schema.optionalKey(Schema.Int),
  /** When it was edited last, Unix seconds. */
  edited: Schema.optionalKey(Schema.Int),
  pinned: Schema.optionalKey(Schema.Literal(true)),
  /** Where it was forwarded from: the channel's name and the id of the message there. */
  forward: Schema.optionalKey(Schema.Struct({ channel: Schema.String, id: Schema.Int })),
  /** The document or photo; sha256 in hex is that of the bytes really received or served. */
  file: Schema.optionalKey(Schema.Struct({ name: Schema.String, bytes: Schema.Int, sha256: Schema.String })),
  photo: Schema.optionalKey(Schema.Literal(true)),
})

/** Everything that is in the sandbox's Telegram, for tests and operators to compare with. */
export const SandboxState = Schema.Struct({
  accounts: Schema.Array(
    Schema.Struct({
      phone: Schema.String,
      firstName: Schema.String,
      premium: Schema.Boolean,
      /** On how many clients the account is logged in. */
      sessions: Schema.Int,
      /** Those clients; hash is what the login is called in lists of sessions, created is in Unix seconds. */
      logins: Schema.Array(Schema.Struct({ hash: Schema.String, device: Schema.String, created: Schema.Int })),
      banned: Schema.optionalKey(Schema.Literal(true)),
      /** Nobody has signed up with this phone number yet. */
      signedUp: Schema.optionalKey(Schema.Literal(false)),
      /** It has a two-step verification password. */
      password: Schema.optionalKey(Schema.Literal(true)),
    }),
  ),
  channels: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      title: Schema.String,
      kind: Schema.Literals(["channel", "supergroup"]),
      /** TDLib's chat id: -1000000000000 minus the channel id. */
      chatId: Schema.Int,
      ...channelStateFields,
      messages: Schema.Array(MessageState),
    }),
  ),
})
export type SandboxState = typeof SandboxState.Type

const FIRST_CHAT_ID = -1_000_000_000_000
const TDLIB_ID_FACTOR = 2 ** 20

/** What TDLib calls a channel. */
export const tdlibChatId = (channel: Channel): number => FIRST_CHAT_ID - channel.properties.id

/** What TDLib calls a message of the server. */
export const tdlibMessageId = (messageId: number): number => messageId * TDLIB_ID_FACTOR

/** The files in messages that have no digest yet. */
const filesWithoutDigest = (telegram: Telegram): readonly StoredFile[] => {
  const files = [...telegram.channels.values()].flatMap((channel) =>
    channel.messages.flatMap((message) => message.file ?? []),
  )
  return [...new Set(files)].filter((file) => file.sha256 === undefined)
}

/** Computes the digests that readState needs, letting other work through. */
export const prepareDigests = async (telegram: Telegram): Promise<void> => {
  for (const file of filesWithoutDigest(telegram)) {
    const sha256 = await sha256Soon(file.content)
    if (file.sha256 === undefined) telegram.setDigest(file, sha256)
  }
}

const digestOf = (telegram: Telegram, file: StoredFile): string => {
  if (file.sha256 !== undefined) return file.sha256
  const sha256 = sha256Now(file.content)
  telegram.setDigest(file, sha256)
  return sha256
}

const readMessage = (telegram: Telegram, message: Message) => ({
  id: message.id,
  tdlibId: tdlibMessageId(message.id),
  date: message.date,
  from: message.from?.phone ?? null,
  text: message.text,
  randomId: message.randomId === undefined ? null : String(message.randomId),
  albumId: message.albumId === undefined ? null : String(message.albumId),
  ...(message.action === undefined ? {} : { service: message.action._ }),
  ...(message.topicId === undefined ? {} : { topicId: message.topicId }),
  ...(message.replyToId === undefined ? {} : { replyToId: message.replyToId }),
  ...(message.editDate === undefined ? {} : { edited: message.editDate }),
  ...(message.isPinned === true ? { pinned: true as const } : {}),
  ...(message.forward === undefined
    ? {}
    : { forward: { channel: message.forward.channel.properties.name, id: message.forward.messageId } }),
  ...(message.isDeleted ? { deleted: true as const } : {}),
  ...(message.file === undefined
    ? {}
    : {
        file: {
          name: message.file.name,
          bytes: message.file.content.bytes,
          sha256: digestOf(telegram, message.file),
        },
      }),
  ...(message.file?.kind === "photo" ? { photo: true as const } : {}),
})

/** An account as it is now. */
export const readAccount = (telegram: Telegram, account: Account) => {
  const logins = telegram.loginsOf(account)
  return {
    phone: account.phone,
    firstName: account.firstName,
    premium: account.premium,
    sessions: logins.length,
    logins: logins.map(({ hash, client, created }) => ({
      hash: String(hash),
      device: client?.deviceModel ?? "",
      created,
    })),
    ...(account.banned ? { banned: true as const } : {}),
    ...(account.signedUp ? {} : { signedUp: false as const }),
    ...(account.password === undefined ? {} : { password: true as const }),
  }
}

const readChannel = (telegram: Telegram, channel: Channel) => ({
  name: channel.properties.name,
  title: channel.properties.title,
  kind: channel.properties.kind,
  chatId: tdlibChatId(channel),
  ...readChannelState(channel),
  messages: channel.messages.filter((message) => !message.isCreation).map((message) => readMessage(telegram, message)),
})

/** The state as it is now. Digests not computed before are computed here, which blocks for about a second per gigabyte. */
export const readState = (telegram: Telegram): SandboxState => ({
  accounts: [...telegram.accounts.values()].map((account) => readAccount(telegram, account)),
  channels: [...telegram.channels.values()].map((channel) => readChannel(telegram, channel)),
})
