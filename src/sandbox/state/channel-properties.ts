import { MEMBER_RIGHTS, type MemberRight } from "./rights.ts"

/** What never changes of a channel. */
export interface ChannelIdentity {
  readonly id: number
  readonly accessHash: bigint
  /** How world files, the control interface and the state call it. */
  readonly name: string
  readonly kind: "channel" | "supergroup"
  /** Unix seconds */
  readonly created: number
}

/** What may be changed of a channel while it exists. */
export interface ChannelSettings {
  readonly title: string
  readonly about: string
  /** With a username the channel is public: whoever knows it may read and join. */
  readonly username: string | undefined
  /** Whether a supergroup's messages belong to topics. */
  readonly isForum: boolean
  /** Protected content: clients refuse to forward or save. */
  readonly isProtected: boolean
  /** Whether those who join do not see what was posted before. */
  readonly isHistoryHidden: boolean
  /** Whether joining by username asks an administrator first. */
  readonly isRequestNeeded: boolean
  /** What ordinary members may do; meaningful in supergroups. */
  readonly memberRights: readonly MemberRight[]
  /** Whether everybody but the creator and the administrators lost access. */
  readonly isClosed: boolean
  readonly isDeleted: boolean
}

export interface ChannelProperties extends ChannelIdentity, ChannelSettings {}

export const DEFAULT_SETTINGS: Omit<ChannelSettings, "title"> = {
  about: "",
  username: undefined,
  isForum: false,
  isProtected: false,
  isHistoryHidden: false,
  isRequestNeeded: false,
  memberRights: MEMBER_RIGHTS,
  isClosed: false,
  isDeleted: false,
}
