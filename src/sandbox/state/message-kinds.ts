import type { TlObject } from "../protocol/tl-types.ts"
import type { Message } from "./message.ts"
import type { StoredFile } from "./stored-file.ts"

/** What messages can be searched by (core.telegram.org/type/MessagesFilter). */
export type MessageKind =
  | "any"
  | "document"
  | "photo"
  | "video"
  | "photoVideo"
  | "gif"
  | "music"
  | "voice"
  | "roundVideo"
  | "roundVoice"
  | "url"
  | "chatPhoto"
  | "pinned"
  | "nothing"

interface VideoAttribute extends TlObject {
  readonly roundMessage?: boolean
}
interface AudioAttribute extends TlObject {
  readonly voice?: boolean
}

/** What a file is shown as: its attributes say so, not its name (core.telegram.org/api/files#uploading-files). */
const kindsOfFile = (file: StoredFile): readonly MessageKind[] => {
  if (file.kind === "photo") return ["photo", "photoVideo"]
  const attribute = (name: string): TlObject | undefined => file.attributes.find(({ _ }) => _ === name)
  if (attribute("documentAttributeAnimated") !== undefined) return ["gif"]
  const video: VideoAttribute | undefined = attribute("documentAttributeVideo")
  if (video !== undefined) return video.roundMessage === true ? ["roundVideo", "roundVoice"] : ["video", "photoVideo"]
  const audio: AudioAttribute | undefined = attribute("documentAttributeAudio")
  if (audio !== undefined) return audio.voice === true ? ["voice", "roundVoice"] : ["music"]
  return attribute("documentAttributeSticker") === undefined ? ["document"] : []
}

const isUrl = ({ _ }: TlObject): boolean => _ === "messageEntityUrl" || _ === "messageEntityTextUrl"

/** The kinds that a message is found by, beside "any". */
export const kindsOf = (message: Message): readonly MessageKind[] => {
  const { action, file, entities, isPinned } = message
  if (action !== undefined) return action._ === "messageActionChatEditPhoto" ? ["chatPhoto"] : []
  const kinds: MessageKind[] = file === undefined ? [] : [...kindsOfFile(file)]
  if (entities.some(isUrl)) kinds.push("url")
  if (isPinned === true) kinds.push("pinned")
  return kinds
}
