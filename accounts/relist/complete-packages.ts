import { createHash } from "node:crypto"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { LockSession } from "../../db/lock-session.ts"
import { type PackageToList, packagesToList, packageToList, putListingOff } from "../../db/relists.ts"
import { isContentHash } from "../../src/archive/content-hash.ts"
import { logEvent } from "../../src/log-line.ts"
import { AccountConfig } from "../account-config.ts"
import { isEmptyFolder, LISTINGS_FOLDER, removeOtherFolders, removeSetFolder } from "../ingest/set-folder.ts"
import type { TelegramError } from "../telegram/telegram-error.ts"
import { listPackage } from "./list-package.ts"

/** So many packages in one rest; the others have the next one. */
const PACKAGES_PER_REST = 20

const FIRST_RETRY_SECONDS = 3600
const RETRY_FACTOR = 4
const LONGEST_RETRY_SECONDS = 7 * 24 * 3600

const backoffSeconds = (attempts: number): number =>
  Math.min(FIRST_RETRY_SECONDS * RETRY_FACTOR ** attempts, LONGEST_RETRY_SECONDS)

/** What is no content hash has a lock, too. */
const lockHash = (contentHash: string): string =>
  isContentHash(contentHash) ? contentHash : createHash("sha256").update(contentHash).digest("hex")

const endsAccount = ({ kind }: TelegramError): boolean => kind === "closed" || kind === "unauthorised"

const putOff = Effect.fn("putListingOff")(function* (
  { attempts, fileName, id }: PackageToList,
  error: { readonly message: string; readonly retryAfterSeconds?: number | null },
) {
  const retryAfterSeconds = error.retryAfterSeconds ?? backoffSeconds(attempts)
  yield* logEvent.warn("package.unlisted", `${fileName} could not be listed; tried again later`, {
    packageId: id,
    problem: error.message,
    retryAfterSeconds,
  })
  yield* putListingOff({ packageId: id, problem: error.message, retryAfterSeconds })
})

/** Lists one package, unless another account is at it, or it has been listed meanwhile. */
const complete = Effect.fn("completePackage")(function* (
  { contentHash, id }: PackageToList,
  accountId: string,
  root: string,
) {
  const locks = yield* LockSession
  const underLock = Effect.gen(function* () {
    const wanted = yield* packageToList(accountId, id)
    if (Option.isNone(wanted)) return
    yield* listPackage(wanted.value, root).pipe(
      Effect.catchTags({
        ListingProblem: (problem) => putOff(wanted.value, problem),
        CpuJobError: (error) => putOff(wanted.value, error),
        StorageError: (error) => putOff(wanted.value, error),
        TelegramError: (error) => (endsAccount(error) ? Effect.fail(error) : putOff(wanted.value, error)),
      }),
    )
  })
  yield* locks.withHashLock(lockHash(contentHash), underLock)
})

/**
 * Lists the packages that were published and never listed (whoever did it was killed in between), and those that somebody wants
 * listed again; one after the other, at the lowest priority. May be interrupted at any moment, and goes on where it was.
 * Fails with what ends the account.
 */
export const completePackages = Effect.fn("completePackages")(function* () {
  const { accountId, tempDirectory } = yield* AccountConfig
  const root = join(tempDirectory, LISTINGS_FOLDER)
  const wanted = yield* packagesToList(accountId, PACKAGES_PER_REST)
  const tidy =
    wanted.length === 0
      ? removeSetFolder({ path: root })
      : removeOtherFolders(root, new Set(wanted.map(({ id }) => id)))
  yield* Effect.ignore(tidy)
  for (const one of wanted) yield* complete(one, accountId, root)
  // While it is there, TDLib's halves of downloads are kept (accounts/ingest/cycle.ts).
  if (yield* isEmptyFolder(root)) yield* Effect.ignore(removeSetFolder({ path: root }))
})
