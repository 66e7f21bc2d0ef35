import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { Channel } from "../state/channel.ts"
import type { Telegram } from "../state/telegram.ts"
import { RpcError } from "./rpc-error.ts"

/** The channel that an account means; throws CHANNEL_INVALID for a wrong one, CHANNEL_PRIVATE for one it is not in. */
export const channelOf = (
  telegram: Telegram,
  peer: Wire<tl.TypeInputPeer> | Wire<tl.TypeInputChannel>,
  viewer: Account,
): Channel => {
  if (peer._ !== "inputPeerChannel" && peer._ !== "inputChannel") throw new RpcError(400, "PEER_ID_INVALID")
  const channel = telegram.channelById(peer.channelId)
  if (channel === undefined || channel.properties.accessHash !== peer.accessHash) {
    throw new RpcError(400, "CHANNEL_INVALID")
  }
  if (!channel.properties.members.has(viewer)) throw new RpcError(400, "CHANNEL_PRIVATE")
  return channel
}
