import { statSync } from "node:fs"
import { basename, resolve } from "node:path"
import type { TlObject } from "../protocol/tl-types.ts"
import { encode } from "../protocol/tl-writer.ts"
import { secondsOf } from "../world-channel.ts"
import type { DocumentKind, GeneratePicture, MessageReference, Service, SingleMessage } from "../world-message.ts"
import type { Channel } from "./channel.ts"
import { stableId } from "./identifiers.ts"
import { originOf } from "./message.ts"
import type { FileRecord, FileSource } from "./records.ts"
import { mimeTypeOf } from "./stored-file.ts"
import type { Draft, Telegram } from "./telegram.ts"
import { withUrlEntities } from "./url-entities.ts"

/** What the length and size of generated moving pictures and sounds are said to be: seconds and pixels. */
const DURATION = 10
const VIDEO_SIZE = { w: 640, h: 360 }

/** What makes clients show a document as something else (core.telegram.org/api/files#uploading-files). */
const VIDEO = { _: "documentAttributeVideo", supportsStreaming: true, duration: DURATION, ...VIDEO_SIZE }
const audio = (more: object) => ({ _: "documentAttributeAudio", duration: DURATION, ...more })
const AS: Readonly<Record<DocumentKind, { readonly mimeType?: string; readonly attributes: readonly TlObject[] }>> = {
  document: { attributes: [] },
  video: { mimeType: "video/mp4", attributes: [VIDEO] },
  gif: { mimeType: "video/mp4", attributes: [{ _: "documentAttributeAnimated" }, VIDEO] },
  music: { mimeType: "audio/mpeg", attributes: [audio({ title: "Music" })] },
  voice: { mimeType: "audio/ogg", attributes: [audio({ voice: true })] },
}

const pathSource = (path: string): FileSource => ({ type: "path", path, bytes: statSync(path).size })

const pictureSource = (picture: string | { readonly generate: GeneratePicture }, directory: string): FileSource =>
  typeof picture === "string" ? pathSource(resolve(directory, picture)) : { type: "picture", ...picture.generate }

const photoSource = (photo: NonNullable<SingleMessage["photo"]>, directory: string): FileSource => {
  if (typeof photo === "string") return pathSource(resolve(directory, photo))
  const { generate } = photo
  return "bytes" in generate ? { type: "generated", ...generate } : { type: "picture", ...generate }
}

const NO_ENTITIES: readonly TlObject[] = []

type NewFile = Omit<FileRecord, "type" | "id" | "date">

/** The document or photo of a message in a world, without its id; undefined where it has none of its own. */
export const fileOfMessage = (message: SingleMessage, directory: string): NewFile | undefined => {
  const { photo, service, file, generate } = message
  const thumbnail = message.thumbnail === undefined ? {} : { thumbnail: pictureSource(message.thumbnail, directory) }
  const place = message.dc === undefined ? {} : { dc: message.dc }
  const photoFile = (source: FileSource): NewFile => ({
    ...place,
    kind: "photo",
    name: "",
    mimeType: "image/jpeg",
    attributes: [],
    source,
    ...thumbnail,
  })
  if (photo !== undefined) return photoFile(photoSource(photo, directory))
  if (service !== undefined && "photo" in service) return photoFile(pictureSource(service.photo, directory))
  const path = file === undefined ? undefined : resolve(directory, file)
  const source: FileSource | undefined =
    generate !== undefined ? { type: "generated", ...generate } : path === undefined ? undefined : pathSource(path)
  if (source === undefined) return undefined
  const name = message.name ?? basename(path ?? "")
  const { mimeType = mimeTypeOf(name), attributes } = AS[message.as ?? "document"]
  return {
    ...place,
    kind: "document",
    name,
    mimeType,
    attributes: attributes.map((attribute) => encode(attribute).toString("base64")),
    source,
    ...thumbnail,
  }
}

/** Finds what the messages of one channel refer to. */
export interface MessageContext {
  readonly telegram: Telegram
  readonly channel: Channel
  /** What file paths are relative to. */
  readonly directory: string
  /** The topic of the channel's forum with this name; undefined for General. */
  readonly topicId: (name: string) => number | undefined
  /** The id of a message of this or another channel. */
  readonly messageId: (channel: Channel, reference: MessageReference) => number | undefined
}

/** What a service message tells, who it is about, and what it refers to. */
const serviceDraft = (context: MessageContext, service: Service): Partial<Draft> => {
  const accountOf = (phone: string) => context.telegram.accounts.get(phone)
  if ("title" in service) return { action: { _: "messageActionChatEditTitle", title: service.title } as TlObject }
  if ("photo" in service) {
    return { action: { _: "messageActionChatEditPhoto", photo: { _: "photoEmpty", id: 0n } } as TlObject }
  }
  if ("pinned" in service) {
    const replyToId = context.messageId(context.channel, service.pinned)
    return { action: { _: "messageActionPinMessage" }, ...(replyToId === undefined ? {} : { replyToId }) }
  }
  const from = accountOf("joined" in service ? service.joined : service.left)
  if (from === undefined) return {}
  const action =
    "joined" in service
      ? { _: "messageActionChatAddUser", users: [from.id] }
      : { _: "messageActionChatDeleteUser", userId: from.id }
  return { action, from }
}

const forwardDraft = (context: MessageContext, forward: NonNullable<SingleMessage["forward"]>): Partial<Draft> => {
  const source = context.telegram.channels.get(forward.channel)
  const id = source === undefined ? undefined : context.messageId(source, forward.message)
  const original = id === undefined ? undefined : source?.message(id)
  if (source === undefined || original === undefined) return {}
  const { text, entities, file } = original
  return { text, entities, forward: originOf(source, original), ...(file === undefined ? {} : { file }) }
}

/** What a world's message says, apart from a file of its own. */
export const draftOfMessage = (context: MessageContext, message: SingleMessage): Draft => {
  const { telegram, channel } = context
  const { text, caption = "", date, album, label, topic, service, forward } = message
  const from = message.from === undefined ? undefined : telegram.accounts.get(message.from)
  const replyToId = message.replyTo === undefined ? undefined : context.messageId(channel, message.replyTo)
  const topicId = topic === undefined ? undefined : context.topicId(topic)
  return {
    text: text ?? caption,
    ...(date === undefined ? {} : { date: secondsOf(date) }),
    ...(from === undefined ? {} : { from }),
    ...(album === undefined ? {} : { albumId: stableId("album", channel.properties.name, album) }),
    ...(label === undefined ? {} : { label }),
    ...(replyToId === undefined ? {} : { replyToId }),
    ...(topicId === undefined ? {} : { topicId }),
    ...(service === undefined ? {} : serviceDraft(context, service)),
    ...(forward === undefined ? {} : forwardDraft(context, forward)),
  }
}

/** Adds a message of a world to its channel. date: Unix seconds, where it has none; fileId: for a file of its own. */
export const buildMessage = (context: MessageContext, message: SingleMessage, date: number, fileId: string): void => {
  const { telegram, channel, directory } = context
  const record = fileOfMessage(message, directory)
  const draft = draftOfMessage(context, message)
  const posted = draft.date ?? date
  if (record !== undefined) telegram.apply({ type: "file", id: fileId, date: posted, ...record })
  const added = channel.append({
    date: posted,
    text: draft.text,
    from: draft.from,
    randomId: undefined,
    albumId: draft.albumId,
    file: record === undefined ? draft.file : telegram.file(BigInt(fileId)),
    entities: withUrlEntities(draft.text, draft.entities ?? NO_ENTITIES),
    isCreation: false,
    action: draft.action,
    topicId: draft.topicId,
    replyToId: draft.replyToId,
    forward: draft.forward,
    editDate: message.edited === undefined ? undefined : secondsOf(message.edited),
    isPinned: message.pinned,
  })
  if (draft.label !== undefined) channel.labels.set(draft.label, added.id)
}
