import { basename } from "node:path"
import * as Effect from "effect/Effect"
import { logEvent } from "../../src/log-line.ts"
import { AccountConfig } from "../account-config.ts"
import { sendDocument } from "../telegram/send.ts"
import type { TelegramError } from "../telegram/telegram-error.ts"
import { sendWithinLimit } from "./send-within-limit.ts"
import type { SourceVolume } from "./source-file.ts"

type Options = Parameters<typeof sendWithinLimit>[0] & {
  /** The source's own document, when the file is all of it. */
  readonly volume: SourceVolume | undefined
}

/** Telegram has said no, so there is no message that could still arrive. */
const isRefused = ({ kind }: TelegramError): boolean =>
  kind === "refused" || kind === "not_found" || kind === "forbidden"

/**
 * Puts a file into the destination: with STASH_PUBLISH=copy as a mention of the source's document, which takes no upload,
 * else, and where Telegram refuses that, by `sendWithinLimit`. A copy keeps the name it has in the source, and is
 * recognised by its caption only.
 */
export const sendCopy = Effect.fn("sendCopy")(function* ({ volume, ...options }: Options) {
  const { publishBy } = yield* AccountConfig
  const isCopyable =
    publishBy === "copy" && options.canBeAhead && volume?.fileName === basename(options.path) && volume.fileId > 0
  if (!isCopyable) return yield* sendWithinLimit(options)
  return yield* sendDocument({ ...options, knownFileId: volume.fileId }).pipe(
    Effect.catchIf(
      (error) => isRefused(error),
      (error) =>
        Effect.andThen(
          logEvent.warn("copy.refused", "Telegram does not copy a file of the source; it is uploaded", {
            error: error.message,
          }),
          sendWithinLimit(options),
        ),
    ),
  )
})
