import { encode } from "../protocol/tl-writer.ts"
import type { WorldAccount } from "../world.ts"
import { FIRST_FILTER_ID } from "./dialog-filters.ts"
import type { Telegram } from "./telegram.ts"

/** Makes the chat folders that a world gives an account; the channels in them must be there already. */
export const addFolders = (telegram: Telegram, { phone, folders = [] }: WorldAccount): void => {
  for (const [index, folder] of folders.entries()) {
    const id = FIRST_FILTER_ID + index
    const filter = {
      _: "dialogFilter",
      id,
      title: { _: "textWithEntities", text: folder.title, entities: [] },
      pinnedPeers: [],
      includePeers: folder.channels.flatMap((name) => {
        const channel = telegram.channels.get(name)
        if (channel === undefined) return []
        const { id: channelId, accessHash } = channel.properties
        return [{ _: "inputPeerChannel", channelId, accessHash }]
      }),
      excludePeers: [],
    }
    telegram.apply({ type: "dialog-filter", phone, id, filter: encode(filter).toString("base64") })
  }
}
