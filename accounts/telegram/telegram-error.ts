import * as Schema from "effect/Schema"

export const telegramErrorKinds = [
  /** Telegram asks us to wait `retryAfterSeconds`. */
  "flood",
  /** No answer within our limit; TDLib keeps unanswered queries for ever (facts/local-telegram.md). */
  "timeout",
  /** The chat, message or file is not there, or not for us. */
  "not_found",
  /** We may not do this: rights, protected content, banned. */
  "forbidden",
  /** The session has ended or needs a new login. */
  "unauthorised",
  /** The client is closing or closed. */
  "closed",
  "refused",
] as const

/** Thrown when: TDLib or Telegram says no. The codes of TDLib are mapped here and nowhere else. */
export class TelegramError extends Schema.TaggedError<TelegramError>()("TelegramError", {
  call: Schema.String,
  kind: Schema.Literals(telegramErrorKinds),
  code: Schema.Int,
  text: Schema.String,
  retryAfterSeconds: Schema.NullOr(Schema.Int),
}) {
  override get message(): string {
    return `${this.call}: ${this.text} (${this.kind})`
  }
}

/** "Too Many Requests: retry after 17": TDLib's text for floods over 60 s, with code 429, or 400 for upload parts. */
const floodText = /retry after (\d+)/i

const kindOf = (code: number, text: string): TelegramError["kind"] => {
  if (floodText.test(text) || code === 429) return "flood"
  if (code === 401) return "unauthorised"
  if (code === 403 || /FORBIDDEN|ADMIN_REQUIRED|WRITE_FORBIDDEN|have no (write|rights)/i.test(text)) return "forbidden"
  if (code === 404 || /not found|CHANNEL_PRIVATE|CHANNEL_INVALID/i.test(text)) return "not_found"
  if (code === 500 && /clos/i.test(text)) return "closed"
  if (/Request aborted|Client was closed|closed client/i.test(text)) return "closed"
  return "refused"
}

/** The server takes no message of so many parts from this account: 4,000, or 8,000 with Premium (facts/local-telegram.md). */
export const isTooLarge = ({ text }: TelegramError): boolean => /FILE_PARTS_INVALID/.test(text)

/** Our own limit ran out before TDLib answered `call`. */
export const timedOut = (call: string, seconds: number): TelegramError =>
  new TelegramError({
    call,
    kind: "timeout",
    code: 0,
    text: `no answer within ${seconds} s`,
    retryAfterSeconds: null,
  })

/** Maps an error of TDLib (`{code, message}`) that `call` raised. */
export const telegramError = (call: string, error: { code?: number; message: string }): TelegramError => {
  const code = Number.isSafeInteger(error.code) ? Number(error.code) : 0
  const wait = floodText.exec(error.message)?.[1]
  return new TelegramError({
    call,
    kind: kindOf(code, error.message),
    code,
    text: error.message,
    retryAfterSeconds: wait === undefined ? null : Number(wait),
  })
}
