import { randomBytes } from "node:crypto"
import * as Schema from "effect/Schema"
import type { Announcements } from "../methods/announcements.ts"
import { draftOfMessage, fileOfMessage, type MessageContext } from "../state/build-message.ts"
import type { Channel, Message } from "../state/channel.ts"
import type { StoredFile } from "../state/stored-file.ts"
import type { Edit, Telegram } from "../state/telegram.ts"
import { GENERAL_TOPIC } from "../world-channel.ts"
import { type MessageReference, messageFields, problemOfMessage, type SingleMessage } from "../world-message.ts"
import { problemsOfReferences } from "../world-message-references.ts"

const { edited: _, ...fieldsToPost } = messageFields

/** The most messages that are posted together. */
const MAX_TOGETHER = 1000

/** A message to be posted now to the channel with this name. */
export const MessageToPost = Schema.Struct({ channel: Schema.String, ...fieldsToPost }).check(
  Schema.makeFilter(problemOfMessage),
)
export type MessageToPost = typeof MessageToPost.Type

/** Messages to be posted now, together, as the parts of an album are. */
export const MessagesToPost = Schema.Struct({
  channel: Schema.String,
  messages: Schema.Array(Schema.Struct(fieldsToPost).check(Schema.makeFilter(problemOfMessage))).check(
    Schema.isMinLength(1),
    Schema.isMaxLength(MAX_TOGETHER),
  ),
})

/** A message of the channel with this name: its id or label. */
const Reference = Schema.Union([Schema.NonEmptyString, Schema.Int])

const { text, caption, file, generate, name, as, dc, thumbnail, photo } = messageFields

const problemOfEdit = (edit: Readonly<Record<string, unknown>>): string | undefined => {
  const kinds = ["file", "generate", "photo"].filter((kind) => edit[kind] !== undefined)
  if (kinds.length > 1) return `Expected at most one of file, generate, photo, found ${kinds.length}`
  if (edit.text !== undefined && edit.caption !== undefined) return "Expected no caption beside text"
  if (kinds.length === 0 && edit.text === undefined && edit.caption === undefined) {
    return "Expected one of text, caption, file, generate, photo"
  }
  return edit.generate !== undefined && edit.name === undefined ? "Expected a name beside generate" : undefined
}

/** A message to be edited now; what is not named stays. */
export const MessageToEdit = Schema.Struct({
  channel: Schema.String,
  message: Reference,
  ...{ text, caption, file, generate, name, as, dc, thumbnail, photo },
}).check(Schema.makeFilter(problemOfEdit))
export type MessageToEdit = typeof MessageToEdit.Type

type Change = Omit<MessageToEdit, "channel" | "message">

/** Messages to be deleted now. */
export const MessagesToDelete = Schema.Struct({
  channel: Schema.String,
  messages: Schema.Array(Reference).check(Schema.isMinLength(1)),
})
export type MessagesToDelete = typeof MessagesToDelete.Type

/** Messages to be pinned, or taken off, now. */
export const MessagesToPin = Schema.Struct({
  channel: Schema.String,
  messages: Schema.Array(Reference).check(Schema.isMinLength(1)),
  /** Whether they shall be pinned; true otherwise. */
  pinned: Schema.optionalKey(Schema.Boolean),
})
export type MessagesToPin = typeof MessagesToPin.Type

/** The id of a message that is there, named by id or label. */
const idOf = (channel: Channel, reference: MessageReference): number | undefined => {
  const id = typeof reference === "string" ? channel.labels.get(reference) : reference
  const message = id === undefined ? undefined : channel.message(id)
  return message === undefined || message.isDeleted ? undefined : message.id
}

const notThere = (reference: MessageReference): string =>
  `Expected the id or label of a message that is there, found ${reference}`

/** Changes the messages of channels as an operator wishes, and tells the connected clients. */
export class MessageControl {
  readonly #telegram: Telegram
  readonly #announcements: Announcements
  readonly #directory: string

  /** directory: what file paths are relative to. */
  constructor(telegram: Telegram, announcements: Announcements, directory: string) {
    this.#telegram = telegram
    this.#announcements = announcements
    this.#directory = directory
  }

  /** What is wrong with messages to be posted; a message may refer to those before it. */
  problemsOfPost(channel: Channel, messages: readonly SingleMessage[], path = ""): readonly string[] {
    const labels = new Set<string>()
    return messages.flatMap((message, index) => {
      const at = path === "" ? "" : `${path}[${index}].`
      const problems = [
        ...problemsOfReferences(message, at, {
          directory: this.#directory,
          isAccount: (phone) => this.#telegram.accounts.has(phone),
          hasMessage: (other, reference) => {
            const where = other === undefined ? channel : this.#telegram.channels.get(other)
            if (where === channel && typeof reference === "string" && labels.has(reference)) return true
            return where && idOf(where, reference) !== undefined
          },
        }),
        ...this.#problemsOfTopic(channel, message, at),
      ]
      if (message.label !== undefined) {
        if (labels.has(message.label) || channel.labels.has(message.label)) {
          problems.push(`${at}label: Expected one that is free, found ${message.label}`)
        }
        labels.add(message.label)
      }
      return problems
    })
  }

  /** What is wrong with messages that are to be changed: those that are not there. */
  problemsOfReferences(channel: Channel, references: readonly MessageReference[]): readonly string[] {
    return references.flatMap((reference, index) =>
      idOf(channel, reference) === undefined ? [`messages[${index}]: ${notThere(reference)}`] : [],
    )
  }

  /** What is wrong with an edit. */
  problemsOfEdit(channel: Channel, reference: MessageReference, change: Change): readonly string[] {
    const id = idOf(channel, reference)
    const message = id === undefined ? undefined : channel.message(id)
    if (message === undefined) return [`message: ${notThere(reference)}`]
    const files = problemsOfReferences(change, "", {
      directory: this.#directory,
      isAccount: () => true,
      hasMessage: () => true,
    })
    return message.action === undefined ? files : ["message: Expected one that is no service message", ...files]
  }

  /** Posts messages together; they must have no problems. */
  post(channel: Channel, messages: readonly SingleMessage[]): readonly Message[] {
    // One that refers to another of them needs it to be there.
    const groups: SingleMessage[][] = []
    for (const message of messages) {
      const last = groups.at(-1)
      const refersToLast = last?.some(({ label }) => label !== undefined && refersTo(message, label))
      if (last === undefined || refersToLast === true) groups.push([message])
      else last.push(message)
    }
    const posted = groups.flatMap((group) => this.#postTogether(channel, group))
    const pinned = posted.filter((_, index) => messages[index]?.pinned === true).map(({ id }) => id)
    this.pin(channel, pinned, true)
    return posted
  }

  /** Edits a message that is there; returns whether that changed anything. */
  edit(channel: Channel, message: MessageReference, change: Change): boolean {
    const id = idOf(channel, message) ?? 0
    const { text: newText, caption: newCaption, ...media } = change
    const words = newText ?? newCaption
    const newFile = this.#addFile(media)
    const edit: Edit = {
      ...(words === undefined ? {} : { text: words }),
      ...(newFile === undefined ? {} : { file: newFile }),
    }
    if (!this.#telegram.edit(channel, id, edit)) return false
    const edited = channel.message(id)
    if (edited !== undefined) this.#announcements.edited(channel, edited)
    return true
  }

  /** Deletes messages; returns the ids of those that were there. */
  delete(channel: Channel, messages: readonly MessageReference[]): readonly number[] {
    const ids = messages.flatMap((reference) => idOf(channel, reference) ?? [])
    const deleted = this.#telegram.delete(channel, ids)
    this.#announcements.deleted(channel, deleted)
    return deleted
  }

  /** Pins messages or takes them off; returns the ids of those that this changed. */
  pin(channel: Channel, messages: readonly MessageReference[], isPinned: boolean): readonly number[] {
    const ids = messages.flatMap((reference) => idOf(channel, reference) ?? [])
    const changed = this.#telegram.pin(channel, ids, isPinned)
    this.#announcements.pinned(channel, changed, isPinned)
    return changed
  }

  #postTogether(channel: Channel, messages: readonly SingleMessage[]): readonly Message[] {
    const context: MessageContext = {
      telegram: this.#telegram,
      channel,
      directory: this.#directory,
      topicId: (topic) => topicIdOf(channel, topic),
      messageId: idOf,
    }
    const drafts = messages.map((message) => {
      const added = this.#addFile(message)
      const draft = draftOfMessage(context, message)
      return added === undefined ? draft : { ...draft, file: added }
    })
    const posted = this.#telegram.post(channel, drafts)
    this.#announcements.posted(channel, posted)
    return posted
  }

  #addFile(message: SingleMessage): StoredFile | undefined {
    const record = fileOfMessage(message, this.#directory)
    if (record === undefined) return undefined
    return this.#telegram.addFile({ id: String(randomBytes(8).readBigInt64LE()), ...record })
  }

  #problemsOfTopic(channel: Channel, { topic }: SingleMessage, path: string): readonly string[] {
    if (topic === undefined || topic === GENERAL_TOPIC || topicIdOf(channel, topic) !== undefined) return []
    return [`${path}topic: Expected the title of a topic, found ${topic}`]
  }
}

const refersTo = ({ replyTo, service, forward }: SingleMessage, label: string): boolean =>
  [replyTo, service !== undefined && "pinned" in service ? service.pinned : undefined, forward?.message].includes(label)

/** The id of the topic with this title; undefined for General and for none. */
const topicIdOf = (channel: Channel, title: string): number | undefined =>
  title === GENERAL_TOPIC ? undefined : channel.topics.all().find((topic) => topic.title === title)?.id
