import type { tl } from "@mtcute/tl"
import type { Wire } from "../protocol/tl-types.ts"
import type { Account } from "../state/account.ts"
import type { Channel } from "../state/channel.ts"
import type { Telegram } from "../state/telegram.ts"
import { RpcError } from "./rpc-error.ts"

/** The channel that an account means, whether it may read it or not; throws CHANNEL_INVALID for a wrong one. */
export const knownChannelOf = (
  telegram: Telegram,
  peer: Wire<tl.TypeInputPeer> | Wire<tl.TypeInputChannel>,
): Channel => {
  if (peer._ !== "inputPeerChannel" && peer._ !== "inputChannel") throw new RpcError(400, "PEER_ID_INVALID")
  const channel = telegram.channelById(peer.channelId)
  if (channel === undefined || channel.properties.accessHash !== peer.accessHash) {
    throw new RpcError(400, "CHANNEL_INVALID")
  }
  return channel
}

/**
 * The channel that an account means; throws CHANNEL_INVALID for a wrong one, CHANNEL_PRIVATE for one it may not read: it
 * is neither in it nor is there a username, or it was banned, or the channel is no more.
 */
export const channelOf = (
  telegram: Telegram,
  peer: Wire<tl.TypeInputPeer> | Wire<tl.TypeInputChannel>,
  viewer: Account,
): Channel => {
  const channel = knownChannelOf(telegram, peer)
  if (!channel.isReadableBy(viewer)) throw new RpcError(400, "CHANNEL_PRIVATE")
  return channel
}

/** The account that another one means; undefined when there is none. */
export const accountOfPeer = (
  telegram: Telegram,
  peer: Wire<tl.TypeInputPeer> | Wire<tl.TypeInputUser>,
  viewer: Account,
): Account | undefined => {
  if (peer._ === "inputPeerSelf" || peer._ === "inputUserSelf") return viewer
  if (peer._ !== "inputPeerUser" && peer._ !== "inputUser") return undefined
  return [...telegram.accounts.values()].find((account) => account.id === peer.userId)
}
