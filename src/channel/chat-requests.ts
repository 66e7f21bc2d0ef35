import * as Schema from "effect/Schema"

export const chatKinds = ["channel", "supergroup", "forum", "group", "private"] as const

/** A chat as an account sees it. */
export const SeenChat = Schema.Struct({
  /** TDLib's chat id. */
  chatId: Schema.Int,
  title: Schema.String,
  kind: Schema.Literals(chatKinds),
  /** Without the @; null: it is not public. */
  username: Schema.NullOr(Schema.String),
  /** Where the account has it: main, archive, or the names of folders. */
  lists: Schema.Array(Schema.String),
  canPost: Schema.Boolean,
  /** Null: Telegram does not tell this account. */
  memberCount: Schema.NullOr(Schema.Int),
  /** Telegram does not let its content be saved, so that nothing of it is taken. */
  isProtected: Schema.Boolean,
  /** Why it can be no source; null: it can. */
  refusal: Schema.NullOr(Schema.String),
})
export type SeenChat = typeof SeenChat.Type

/** So many packages are looked for in one request at most. */
export const PACKAGES_AT_ONCE = 100

export const LookedForPackage = Schema.Struct({
  id: Schema.String,
  /** In words for an operator; null: all is well. */
  problem: Schema.NullOr(Schema.String),
  isDigested: Schema.Boolean,
})
export type LookedForPackage = typeof LookedForPackage.Type

/** What an account is asked to do with chats on behalf of an operator. */
export const ChatRequest = Schema.Union([
  /** All chats of the account. */
  Schema.TaggedStruct("ListChats", {}),
  /** One chat that the account sees. */
  Schema.TaggedStruct("LookAtChat", { chatId: Schema.Int }),
  /**
   * `target`: @username, t.me/username, or an invite link. `chatId`: the chat that it leads to, where that is known; an account
   * that is there already then uses up none of the joins that Telegram lets it make.
   */
  Schema.TaggedStruct("Join", {
    target: Schema.NonEmptyString.check(Schema.isMaxLength(256)),
    chatId: Schema.optionalKey(Schema.Int),
  }),
  /** A supergroup of the account's own, to publish in. */
  Schema.TaggedStruct("CreateDestination", { title: Schema.NonEmptyString.check(Schema.isMaxLength(128)) }),
  /** Looks for the messages of packages, and digests what they hold if that is no more than so many bytes (of each). */
  Schema.TaggedStruct("LookForPackages", {
    packageIds: Schema.Array(Schema.String).check(Schema.isMaxLength(PACKAGES_AT_ONCE)),
    digestUpTo: Schema.Int,
  }),
  /** A new link by which others come into a chat that the account may invite to. */
  Schema.TaggedStruct("Invite", { chatId: Schema.Int }),
])
export type ChatRequest = typeof ChatRequest.Type

export const ChatAnswer = Schema.Union([
  Schema.TaggedStruct("Chats", { chats: Schema.Array(SeenChat) }),
  Schema.TaggedStruct("Chat", { chat: SeenChat }),
  Schema.TaggedStruct("Joined", { chat: SeenChat, wasMember: Schema.Boolean }),
  /** An administrator of the chat has to let the account in. */
  Schema.TaggedStruct("JoinRequested", { title: Schema.String }),
  Schema.TaggedStruct("Created", { chat: SeenChat, inviteLink: Schema.String }),
  /** Those that this account can tell of. */
  Schema.TaggedStruct("PackagesLookedFor", { packages: Schema.Array(LookedForPackage) }),
  Schema.TaggedStruct("Invited", { inviteLink: Schema.String }),
])
export type ChatAnswer = typeof ChatAnswer.Type

/** Thrown when: an account cannot do what was asked; the text says why, and what would help. */
export class ChatRefusal extends Schema.TaggedError<ChatRefusal>()("ChatRefusal", { reason: Schema.String }) {
  override get message(): string {
    return this.reason
  }
}
