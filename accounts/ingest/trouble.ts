import * as Effect from "effect/Effect"
import type { RpcClientError } from "effect/rpc/RpcClientError"
import type { WorkStage } from "../../db/claims.ts"
import type { DatabaseError } from "../../db/database.ts"
import type { LockLost } from "../../db/lock-session.ts"
import { AccountError } from "../../src/channel/account-rpcs.ts"
import type { CpuJobError } from "../../src/cpu/jobs.ts"
import { isTooLarge, type TelegramError } from "../telegram/telegram-error.ts"
import type { CycleCut } from "./drain.ts"
import type { StorageError } from "./set-folder.ts"

/** Why a set is put off. */
export interface Trouble {
  readonly reason: string
  /** Where it happened. */
  readonly stage: WorkStage
  /** When Telegram or the disk says how long to wait; null = backoff by attempts. */
  readonly retryAfterSeconds: number | null
  /** Waiting on Telegram's word or for disk space is no failure of the set. */
  readonly countsAsAttempt: boolean
}

/** What ends the cycle of the whole account: its next life settles what was in flight. */
export type Fatal = AccountError | DatabaseError | LockLost | RpcClientError | TelegramError

/** What hits one source or one chat alone; after a TDLib that closes, or a session that has ended, nothing goes on. */
export const isSourceTrouble = (error: { readonly _tag: string }): error is TelegramError =>
  error._tag === "TelegramError" &&
  (error as TelegramError).kind !== "closed" &&
  (error as TelegramError).kind !== "unauthorised"

type Failure = Fatal | CpuJobError | CycleCut | StorageError

const DISK_RETRY_SECONDS = 300

const failure = (reason: string, stage: WorkStage): Trouble => ({
  reason,
  stage,
  retryAfterSeconds: null,
  countsAsAttempt: true,
})

/** What was too large for an account without Premium is split again at once. */
const SPLIT_AGAIN_SECONDS = 1

const waitAfter = (error: TelegramError): number | null => {
  if (error.kind === "flood") return error.retryAfterSeconds ?? 60
  return isTooLarge(error) ? SPLIT_AGAIN_SECONDS : null
}

/**
 * Decides what an error means for the set it hit. Fails again with what concerns the whole account: a set is never
 * blamed for a lost database or a closed TDLib.
 */
export const troubleOf = (error: Failure): Effect.Effect<Trouble, Fatal> => {
  switch (error._tag) {
    case "TelegramError": {
      if (error.kind === "closed" || error.kind === "unauthorised") return Effect.fail(error)
      const isUpload = error.call === "sendMessage"
      if (isUpload && (error.kind === "forbidden" || error.kind === "not_found"))
        return Effect.fail(
          new AccountError({ who: "operator", message: `this account may not post in the destination: ${error.text}` }),
        )
      return Effect.succeed({
        ...failure(error.message, isUpload ? "publish" : "download"),
        retryAfterSeconds: waitAfter(error),
        // An upload that has begun is never given up: its parts are in the journal, and perhaps in the destination.
        countsAsAttempt: !isUpload && error.kind !== "flood" && error.kind !== "timeout",
      })
    }
    case "CycleCut":
      return Effect.succeed({ ...failure(error.message, "download"), retryAfterSeconds: 0, countsAsAttempt: false })
    case "StorageError":
      return Effect.succeed({
        ...failure(error.message, "download"),
        retryAfterSeconds: error.isFull ? DISK_RETRY_SECONDS : null,
        countsAsAttempt: false,
      })
    case "CpuJobError":
      if (error.reason === "tool_unavailable")
        return Effect.fail(new AccountError({ who: "operator", message: error.message }))
      return Effect.succeed({
        ...failure(error.message, "inspect"),
        retryAfterSeconds: error.reason === "disk_full" ? DISK_RETRY_SECONDS : null,
        countsAsAttempt: error.reason !== "disk_full" && error.reason !== "queue_full",
      })
    case "DatabaseError":
      // Somebody else was faster: looked at again, it is a duplicate. Every other database error hits all sets alike.
      return error.reason === "conflict"
        ? Effect.succeed({ ...failure(error.message, "publish"), retryAfterSeconds: 2, countsAsAttempt: false })
        : Effect.fail(error)
    default:
      return Effect.fail(error)
  }
}
