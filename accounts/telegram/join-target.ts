/** What an operator names a chat by that an account is to join. */
export type JoinTarget =
  | { readonly kind: "username"; readonly username: string }
  | { readonly kind: "invite"; readonly link: string }

const username = /^[a-z][a-z0-9_]{3,31}$/i
const inviteHash = /^[a-z0-9_-]{10,64}$/i
const link = /^(?:https?:\/\/)?(?:www\.)?(?:t\.me|telegram\.me|telegram\.dog)\/(.+)$/i

const ofUsername = (name: string | undefined): JoinTarget | undefined =>
  name !== undefined && username.test(name) ? { kind: "username", username: name } : undefined

const ofInvite = (hash: string | undefined): JoinTarget | undefined =>
  hash !== undefined && inviteHash.test(hash) ? { kind: "invite", link: `https://t.me/+${hash}` } : undefined

const queryOf = (text: string): string | null => /[?&](?:domain|invite)=([^&#]+)/i.exec(text)?.[1] ?? null

/**
 * Reads @username, username, t.me/username (also of a message), t.me/+hash, t.me/joinchat/hash, tg://resolve and
 * tg://join (core.telegram.org/api/links). Undefined: it is none of them.
 */
export const readJoinTarget = (text: string): JoinTarget | undefined => {
  const trimmed = text.trim()
  if (/^tg:\/*resolve\?/i.test(trimmed)) return ofUsername(queryOf(trimmed) ?? undefined)
  if (/^tg:\/*join\?/i.test(trimmed)) return ofInvite(queryOf(trimmed) ?? undefined)
  const [first, second] = (link.exec(trimmed)?.[1] ?? "").split(/[/?#]/)
  if (first === undefined || first === "") return ofUsername(trimmed.replace(/^@/, ""))
  if (first.startsWith("+")) return ofInvite(first.slice(1))
  if (first.toLowerCase() === "joinchat") return ofInvite(second)
  // t.me/s/name shows a channel in a browser; t.me/c/123 is a private one, which has no name.
  return first === "s" ? ofUsername(second) : ofUsername(first)
}
