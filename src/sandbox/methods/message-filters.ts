import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { MessageKind } from "../state/message-kinds.ts"

const KINDS: { readonly [Filter in tl.TypeMessagesFilter["_"]]?: MessageKind } = {
  inputMessagesFilterEmpty: "any",
  inputMessagesFilterPhotos: "photo",
  inputMessagesFilterVideo: "video",
  inputMessagesFilterPhotoVideo: "photoVideo",
  inputMessagesFilterDocument: "document",
  inputMessagesFilterUrl: "url",
  inputMessagesFilterGif: "gif",
  inputMessagesFilterVoice: "voice",
  inputMessagesFilterMusic: "music",
  inputMessagesFilterChatPhotos: "chatPhoto",
  inputMessagesFilterRoundVoice: "roundVoice",
  inputMessagesFilterRoundVideo: "roundVideo",
  inputMessagesFilterPinned: "pinned",
}

/** Which messages a search filter lets through; nothing where the sandbox has no such messages, as calls or places. */
export const kindOfFilter = (filter: Wire<tl.TypeMessagesFilter>): MessageKind => KINDS[filter._] ?? "nothing"
