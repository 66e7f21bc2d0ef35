import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import { TelegramError } from "./telegram-error.ts"

/** The key of TDLib's databases (base64) that a line of the key file stands for, whatever its length. */
export const databaseKey = (line: string): string => createHash("sha256").update(line).digest("base64")

/** TDLib cannot open its databases with this key. */
export const isWrongKey = (error: TelegramError): boolean =>
  error.call === "setTdlibParameters" && /wrong database encryption key|wrong password/i.test(error.text)

/** Opens with the first of these keys that fits. Fails with what the operator must do when none does. */
export const openWithOtherKey = (
  open: (key: string) => Effect.Effect<unknown, TelegramError>,
  keys: ReadonlyArray<string>,
  error: TelegramError,
): Effect.Effect<void, TelegramError> => {
  const [key, ...others] = keys
  if (key === undefined) {
    const text = "TDLib's folder was encrypted with another key: put that into a further line of STASH_TDLIB_KEY_FILE"
    return Effect.fail(new TelegramError({ ...error, kind: "refused", text }))
  }
  return Effect.asVoid(open(key)).pipe(Effect.catchIf(isWrongKey, (next) => openWithOtherKey(open, others, next)))
}
