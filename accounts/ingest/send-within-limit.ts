import * as Effect from "effect/Effect"
import { logEvent } from "../../src/log-line.ts"
import { Supervisor } from "../supervisor-client.ts"
import { forgetDownload } from "../telegram/download.ts"
import { uploadPaced } from "../telegram/paced-upload.ts"
import { type SendOptions, sendDocument } from "../telegram/send.ts"

/** A smaller file is paid for first and then sent as fast as it goes: over time that is the same. */
const PACED_FROM_BYTES = 16 * 1024 * 1024

/** Waits until so many bytes may be sent. */
const pay = Effect.fn("pay")(function* (bytes: number) {
  const supervisor = yield* Supervisor
  for (let paid = 0; paid < bytes; ) {
    const taken = yield* supervisor.takeBandwidth("up", bytes - paid)
    if (taken === null) return
    paid += taken
  }
})

/**
 * Sends a file as `sendDocument` does, within the limit of the account and of all. `canBeAhead`: the message will be
 * recognised though TDLib calls its file by another name; then a large file is uploaded first, at the speed of the limit.
 */
export const sendWithinLimit = Effect.fn("sendWithinLimit")(function* (
  options: SendOptions & { readonly bytes: number; readonly canBeAhead: boolean },
) {
  const { bytes, canBeAhead, onProgress, path } = options
  const supervisor = yield* Supervisor
  const first = yield* supervisor.takeBandwidth("up", bytes)
  if (first === null) return yield* sendDocument(options)
  if (bytes < PACED_FROM_BYTES || !canBeAhead) {
    yield* pay(bytes - first)
    return yield* sendDocument(options)
  }
  let credit = first
  const take = (wanted: number) =>
    Effect.suspend(() => {
      const taken = Math.min(wanted, credit)
      credit -= taken
      return taken > 0 ? Effect.succeed(taken) : supervisor.takeBandwidth("up", wanted)
    })
  const uploaded = yield* uploadPaced({ path, bytes, take, onProgress }).pipe(
    Effect.catchIf(
      (error) => error._tag === "TelegramError" && error.kind !== "closed" && error.kind !== "unauthorised",
      (error) =>
        Effect.as(
          logEvent.warn(
            "upload.unpaced",
            "A file could not be uploaded at the speed of the limit; it is sent without",
            {
              error: error.message,
            },
          ),
          undefined,
        ),
    ),
  )
  if (uploaded === undefined) return yield* sendDocument(options)
  const delivered = yield* sendDocument({ ...options, knownFileId: uploaded })
  yield* forgetDownload(uploaded)
  return delivered
})
