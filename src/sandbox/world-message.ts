import { resolve } from "node:path"
import * as Schema from "effect/Schema"
import { DATA_CENTRES } from "./state/data-centres.ts"
import { Phone, WorldDate } from "./world-channel.ts"

const Seed = Schema.Union([Schema.String, Schema.Int])

/** Bytes that are made on the fly from a seed: the same seed gives the same bytes, and a longer file begins like a shorter one. */
export const Generate = Schema.Struct({
  bytes: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  seed: Seed,
})
export type Generate = typeof Generate.Type

const Pixels = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000 }))

/** A real JPEG image that is drawn from a seed, and looks the same in every size. */
export const GeneratePicture = Schema.Struct({ width: Pixels, height: Pixels, seed: Seed })
export type GeneratePicture = typeof GeneratePicture.Type

/** The path of an image, or one that is drawn. */
const Picture = Schema.Union([Schema.NonEmptyString, Schema.Struct({ generate: GeneratePicture })])

const Photo = Schema.Union([
  Schema.NonEmptyString,
  Schema.Struct({ generate: Schema.Union([Generate, GeneratePicture]) }),
])

/** Another message of the channel: its label; or where it stands in the world's list, from 0; or to the control interface, its id. */
const MessageReference = Schema.Union([Schema.NonEmptyString, Schema.Int])
export type MessageReference = typeof MessageReference.Type

/** What a service message tells. It tells only: the channel stays as it is. */
const Service = Schema.Union([
  Schema.Struct({ title: Schema.NonEmptyString }),
  Schema.Struct({ photo: Picture }),
  Schema.Struct({ pinned: MessageReference }),
  Schema.Struct({ joined: Phone }),
  Schema.Struct({ left: Phone }),
])
export type Service = typeof Service.Type

/** What a document is shown as. */
export const DOCUMENT_KINDS = ["document", "video", "gif", "music", "voice"] as const
export type DocumentKind = (typeof DOCUMENT_KINDS)[number]

export const messageFields = {
  text: Schema.optionalKey(Schema.NonEmptyString),
  /** Path of the document's bytes, relative to the world file. */
  file: Schema.optionalKey(Schema.NonEmptyString),
  generate: Schema.optionalKey(Generate),
  /** The document's file name; a file given by path has its own name otherwise. */
  name: Schema.optionalKey(Schema.NonEmptyString),
  /** What clients show the document as; "document" otherwise. */
  as: Schema.optionalKey(Schema.Literals(DOCUMENT_KINDS)),
  /** The picture that shows the document, or a smaller one of a photo given by its path. */
  thumbnail: Schema.optionalKey(Picture),
  photo: Schema.optionalKey(Photo),
  caption: Schema.optionalKey(Schema.String),
  /** The data centre that the document or photo is on, which clients must log in to as well; the account's own otherwise. */
  dc: Schema.optionalKey(Schema.Literals(DATA_CENTRES)),
  service: Schema.optionalKey(Service),
  /** The message of this or an earlier channel that this one forwards. */
  forward: Schema.optionalKey(Schema.Struct({ channel: Schema.NonEmptyString, message: MessageReference })),
  /** Messages of one channel with the same label form one album. */
  album: Schema.optionalKey(Schema.NonEmptyString),
  date: Schema.optionalKey(WorldDate),
  /** When it was edited last. */
  edited: Schema.optionalKey(WorldDate),
  from: Schema.optionalKey(Phone),
  /** The name of a forum's topic; General otherwise. */
  topic: Schema.optionalKey(Schema.NonEmptyString),
  /** What other messages call it. */
  label: Schema.optionalKey(Schema.NonEmptyString),
  /** The earlier message that this one answers. */
  replyTo: Schema.optionalKey(MessageReference),
  pinned: Schema.optionalKey(Schema.Boolean),
}

/** What a message can be. */
const KINDS = ["text", "file", "generate", "photo", "service", "forward"] as const

export const problemOfMessage = (message: { readonly [Field in keyof typeof messageFields]?: unknown }) => {
  const kinds = KINDS.filter((kind) => message[kind] !== undefined)
  if (kinds.length !== 1) return `Expected exactly one of ${KINDS.join(", ")}, found ${kinds.length}`
  const isFile = kinds[0] === "file" || kinds[0] === "generate"
  if (!isFile && kinds[0] !== "photo" && message.caption !== undefined) return `Expected no caption beside ${kinds[0]}`
  if (message.generate !== undefined && message.name === undefined) return "Expected a name beside generate"
  if (!isFile && kinds[0] !== "photo" && message.dc !== undefined) return `Expected no dc beside ${kinds[0]}`
  if (!isFile && message.as !== undefined) return `Expected no as beside ${kinds[0]}`
  if (!isFile && typeof message.photo !== "string" && message.thumbnail !== undefined) {
    return `Expected a thumbnail only beside file, generate, or a photo's path`
  }
  return undefined
}

/** How many messages one entry of a world may stand for. */
const MAX_REPEAT = 10_000_000

/** One message of a world: a text, a document (file or generate), a photo, a service message, or a forwarded one. */
export const WorldMessage = Schema.Struct({
  ...messageFields,
  /**
   * So many messages instead of one. In each, {n} in texts, captions, names, labels, albums and seeds is its number from 1.
   */
  repeat: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: MAX_REPEAT }))),
}).check(Schema.makeFilter(problemOfMessage))
export type WorldMessage = typeof WorldMessage.Type

/** One message without repetition. */
export type SingleMessage = Omit<WorldMessage, "repeat">

const numbered = <Value>(value: Value, number: string): Value => {
  if (typeof value === "string") return value.replaceAll("{n}", number) as Value & string
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, numbered(part, number)])) as Value
}

/** The messages that an entry of a world stands for, one after the other. */
export function* repetitionsOf({ repeat, ...message }: WorldMessage): Generator<SingleMessage> {
  if (repeat === undefined) yield message
  else for (let number = 1; number <= repeat; number++) yield numbered(message, String(number))
}

/** How many messages there are in a list of a world. */
export const countOf = (messages: readonly WorldMessage[]): number =>
  messages.reduce((count, { repeat = 1 }) => count + repeat, 0)

const servicePhoto = ({ service }: SingleMessage) =>
  service !== undefined && "photo" in service ? service.photo : undefined

/** The fields of a message that name files, and their paths. */
export const filePathsOf = (message: SingleMessage): readonly (readonly [field: string, path: string])[] =>
  [
    ["file", message.file] as const,
    ["photo", message.photo] as const,
    ["thumbnail", message.thumbnail] as const,
    ["service.photo", servicePhoto(message)] as const,
  ].flatMap(([field, path]) => (typeof path === "string" ? [[field, path] as const] : []))

/** The message with absolute paths. */
export const withAbsolutePaths = <M extends SingleMessage>(message: M, directory: string): M => {
  const { file, photo, thumbnail } = message
  const shown = servicePhoto(message)
  return {
    ...message,
    ...(file === undefined ? {} : { file: resolve(directory, file) }),
    ...(typeof photo === "string" ? { photo: resolve(directory, photo) } : {}),
    ...(typeof thumbnail === "string" ? { thumbnail: resolve(directory, thumbnail) } : {}),
    ...(typeof shown === "string" ? { service: { photo: resolve(directory, shown) } } : {}),
  }
}
