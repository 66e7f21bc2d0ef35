/** What an administrator may be allowed, in the words of chatAdminRights (core.telegram.org/constructor/chatAdminRights). */
export const ADMIN_RIGHTS = [
  "changeInfo",
  "postMessages",
  "editMessages",
  "deleteMessages",
  "banUsers",
  "inviteUsers",
  "pinMessages",
  "addAdmins",
  "anonymous",
  "manageCall",
  "other",
  "manageTopics",
  "postStories",
  "editStories",
  "deleteStories",
  "manageDirectMessages",
  "manageRanks",
] as const
export type AdminRight = (typeof ADMIN_RIGHTS)[number]

/** What an administrator may do of whom nothing else is said. */
export const DEFAULT_ADMIN_RIGHTS: readonly AdminRight[] = [
  "changeInfo",
  "postMessages",
  "editMessages",
  "deleteMessages",
  "banUsers",
  "inviteUsers",
  "pinMessages",
  "manageTopics",
  "other",
]

/**
 * What an ordinary member of a supergroup may be allowed; chatBannedRights names the ones taken away
 * (core.telegram.org/constructor/chatBannedRights).
 */
export const MEMBER_RIGHTS = [
  "viewMessages",
  "sendMessages",
  "sendMedia",
  "sendStickers",
  "sendGifs",
  "sendGames",
  "sendInline",
  "embedLinks",
  "sendPolls",
  "changeInfo",
  "inviteUsers",
  "pinMessages",
  "manageTopics",
  "sendPhotos",
  "sendVideos",
  "sendRoundvideos",
  "sendAudios",
  "sendVoices",
  "sendDocs",
  "sendPlain",
  "editRank",
] as const
export type MemberRight = (typeof MEMBER_RIGHTS)[number]

/** A set of rights as Telegram's flags: those named are true, the others absent. */
export const flagsOf = <Right extends string>(rights: Iterable<Right>): { [Name in Right]?: true } =>
  Object.fromEntries([...rights].map((right) => [right, true])) as { [Name in Right]?: true }

/** The rights whose flags are true in a chatAdminRights or chatBannedRights; other fields of it are no rights. */
export const rightsIn = <Right extends string>(known: readonly Right[], flags: object): readonly Right[] =>
  known.filter((right) => right in flags && (flags as Record<string, unknown>)[right] === true)
