import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import { stableId } from "../state/identifiers.ts"
import type { Telegram } from "../state/telegram.ts"
import { callerOf, type Methods } from "./call.ts"
import { fileOfMedia } from "./media.ts"
import type { MessageContentKind } from "./permissions.ts"
import { RpcError } from "./rpc-error.ts"
import type { Sender } from "./sender.ts"
import { viewMedia } from "./view-file.ts"

/** How many media an album may hold. */
const MAX_ALBUM = 10

/** Every medium but a photo is a document here. */
const kindOfMedia = (media: Wire<tl.TypeInputMedia>): MessageContentKind =>
  media._ === "inputMediaPhoto" || media._ === "inputMediaUploadedPhoto" ? "photo" : "document"

/** Sending what clients wrote or uploaded. */
export const messageSendingMethods = (telegram: Telegram, sender: Sender) =>
  ({
    "messages.sendMessage": ({ peer, replyTo, message, entities, randomId }, call) => {
      if (message === "") throw new RpcError(400, "MESSAGE_EMPTY")
      const draft = () => ({ text: message, entities: entities ?? [] })
      return sender.send(call, { peer, replyTo }, [{ randomId, kind: "text", draft }])
    },
    "messages.sendMedia": ({ peer, replyTo, media, message, entities, randomId }, call) => {
      const draft = () => ({
        text: message,
        entities: entities ?? [],
        file: fileOfMedia(telegram, media, callerOf(call)),
      })
      return sender.send(call, { peer, replyTo }, [{ randomId, kind: kindOfMedia(media), draft }])
    },
    "messages.sendMultiMedia": ({ peer, replyTo, multiMedia }, call) => {
      const [first] = multiMedia
      if (first === undefined || multiMedia.length > MAX_ALBUM) throw new RpcError(400, "MULTI_MEDIA_TOO_LONG")
      const account = callerOf(call)
      const albumId = stableId("album", account.id, first.randomId)
      return sender.send(
        call,
        { peer, replyTo },
        multiMedia.map(({ randomId, media, message, entities }) => ({
          randomId,
          kind: kindOfMedia(media),
          draft: () => ({
            text: message,
            entities: entities ?? [],
            albumId,
            file: fileOfMedia(telegram, media, account),
          }),
        })),
      )
    },
    "messages.uploadMedia": ({ media }, call) => viewMedia(fileOfMedia(telegram, media, callerOf(call))),
  }) satisfies Methods
