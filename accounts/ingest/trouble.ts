import * as Effect from "effect/Effect"
import type { RpcClientError } from "effect/rpc/RpcClientError"
import type { DatabaseError } from "../../db/database.ts"
import type { LockLost } from "../../db/lock-session.ts"
import type { CpuJobError } from "../../src/cpu/jobs.ts"
import type { TelegramError } from "../telegram/telegram-error.ts"
import type { StorageError } from "./set-folder.ts"

/** Why a set is put off, and what it will be called if it is given up. */
export interface Trouble {
  readonly reason: string
  /** When Telegram or the disk says how long to wait; null = backoff by attempts. */
  readonly retryAfterSeconds: number | null
  /** Waiting on Telegram's word or for disk space is no failure of the set. */
  readonly countsAsAttempt: boolean
  readonly skipKind: "DOWNLOAD_FAILED" | "EXTRACT_FAILED" | "UPLOAD_FAILED"
}

/** What ends the cycle of the whole account: its next life settles what was in flight. */
export type Fatal = DatabaseError | LockLost | RpcClientError | TelegramError

type Failure = Fatal | CpuJobError | StorageError

const DISK_RETRY_SECONDS = 300

const failure = (reason: string, skipKind: Trouble["skipKind"]): Trouble => ({
  reason,
  retryAfterSeconds: null,
  countsAsAttempt: true,
  skipKind,
})

/**
 * Decides what an error means for the set it hit. Fails again with what concerns the whole account: a set is never
 * blamed for a lost database or a closed TDLib.
 */
export const troubleOf = (error: Failure): Effect.Effect<Trouble, Fatal> => {
  switch (error._tag) {
    case "TelegramError": {
      if (error.kind === "closed" || error.kind === "unauthorised") return Effect.fail(error)
      const kind = error.call === "sendMessage" ? "UPLOAD_FAILED" : "DOWNLOAD_FAILED"
      const isFlood = error.kind === "flood"
      return Effect.succeed({
        ...failure(error.message, kind),
        retryAfterSeconds: isFlood ? (error.retryAfterSeconds ?? 60) : null,
        countsAsAttempt: !isFlood,
      })
    }
    case "StorageError":
      return Effect.succeed({
        ...failure(error.message, "DOWNLOAD_FAILED"),
        retryAfterSeconds: error.isFull ? DISK_RETRY_SECONDS : null,
        countsAsAttempt: !error.isFull,
      })
    case "CpuJobError":
      return Effect.succeed({
        ...failure(error.message, "EXTRACT_FAILED"),
        retryAfterSeconds: error.reason === "disk_full" ? DISK_RETRY_SECONDS : null,
        countsAsAttempt: error.reason !== "disk_full" && error.reason !== "queue_full",
      })
    case "DatabaseError":
      // Somebody else was faster: looked at again, it is a duplicate. Every other database error hits all sets alike.
      return error.reason === "conflict"
        ? Effect.succeed({ ...failure(error.message, "UPLOAD_FAILED"), retryAfterSeconds: 2, countsAsAttempt: false })
        : Effect.fail(error)
    default:
      return Effect.fail(error)
  }
}
