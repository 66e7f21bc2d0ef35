import { Console, Effect, Option, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { type AccountStanding, accountStandings } from "../../db/account-states.ts"
import { packagesAfter } from "../../db/package-checks.ts"
import { bytesInWords } from "../bytes-in-words.ts"
import { PACKAGES_AT_ONCE } from "../channel/chat-requests.ts"
import { askAccount, canBeAsked, nameOf } from "../operator/ask-account.ts"
import { accountFlag, json } from "./channel-flags.ts"
import { AccountNeeded, chosenAccount } from "./chosen-account.ts"
import { layerLibraryDatabase } from "./library-database.ts"
import { table } from "./table.ts"

const MEBIBYTE = 2 ** 20
/** A request of a worker is given up after three minutes. */
const DIGEST_SECONDS = 175

/** Thrown when: not everything in the destination is known to be as the database says; ends the command with 1. */
export class NotVerified extends Schema.TaggedError<NotVerified>()("NotVerified", {
  wrong: Schema.Int,
  unseen: Schema.Int,
}) {
  override get message(): string {
    return `${this.wrong} packages are not whole in the destination, ${this.unseen} could not be looked for`
  }
}

interface Looked {
  readonly id: string
  readonly fileName: string
  readonly problem: string
}

interface Verdict {
  readonly looked: number
  readonly digested: number
  /** Whose bytes were to be digested, and were not: too large. */
  readonly tooLarge: number
  readonly wrong: ReadonlyArray<Looked>
  /** Those that no account could tell of, with the reason. */
  readonly unseen: ReadonlyArray<Looked>
}

type PackagePage = Effect.Success<ReturnType<typeof packagesAfter>>

/** Asks the accounts one after another, until everything of the page was looked for. */
const lookForPage = Effect.fn("lookForPage")(function* (
  accounts: ReadonlyArray<AccountStanding>,
  page: PackagePage,
  digestUpTo: number,
) {
  const looked = new Map<string, { readonly problem: string | null; readonly isDigested: boolean }>()
  let reason = "no account that runs sees its destination as a whole"
  for (const account of accounts) {
    const packageIds = page.map(({ id }) => id).filter((id) => !looked.has(id))
    if (packageIds.length === 0) break
    const request = { _tag: "LookForPackages", packageIds, digestUpTo } as const
    const answer = yield* Effect.result(askAccount(account, request, DIGEST_SECONDS))
    if (answer._tag === "Failure") reason = `${nameOf(account)}: ${answer.failure.message}`
    else if (answer.success._tag === "PackagesLookedFor")
      for (const { id, ...found } of answer.success.packages) looked.set(id, found)
  }
  return { looked, reason }
})

const verifyAll = Effect.fn("verifyAll")(function* (
  accounts: ReadonlyArray<AccountStanding>,
  digestUpTo: number,
  onProgress: (looked: number) => Effect.Effect<void>,
) {
  const verdict = { looked: 0, digested: 0, tooLarge: 0, wrong: [] as Array<Looked>, unseen: [] as Array<Looked> }
  // A digest takes its time, and each request has only so much.
  const pageSize = digestUpTo === 0 ? PACKAGES_AT_ONCE : 1
  for (let last = ""; ; ) {
    const page = yield* packagesAfter(last, pageSize)
    if (page.length === 0) return verdict satisfies Verdict
    last = page.at(-1)?.id ?? ""
    const { looked, reason } = yield* lookForPage(accounts, page, digestUpTo)
    for (const { fileName, fileSize, id } of page) {
      const found = looked.get(id)
      if (found === undefined) verdict.unseen.push({ id, fileName, problem: reason })
      else if (found.problem !== null) verdict.wrong.push({ id, fileName, problem: found.problem })
      if (found?.isDigested === true) verdict.digested++
      if (digestUpTo > 0 && fileSize > digestUpTo) verdict.tooLarge++
    }
    verdict.looked += page.length
    yield* onProgress(verdict.looked)
  }
})

/** The accounts that can be asked: the one that was named, or all that run. */
const accountsToAsk = Effect.fn("accountsToAsk")(function* (named: Option.Option<string>) {
  const wanted = Option.isSome(named) ? [yield* chosenAccount(named)] : yield* accountStandings()
  const active = wanted.filter(({ isActive }) => isActive)
  if (active.length === 0) return yield* new AccountNeeded({ accounts: 0 })
  const running = yield* Effect.filter(active, canBeAsked)
  // The first one says why nobody can be asked.
  return running.length === 0 ? active.slice(0, 1) : running
})

const showProgress = (looked: number) =>
  process.stderr.isTTY === true
    ? Effect.sync(() => void process.stderr.write(`\rlooked for ${looked} packages`))
    : Effect.void

const report = ({ digested, looked, tooLarge, unseen, wrong }: Verdict, digestUpTo: number): string => {
  const rows = [...wrong, ...unseen].map(({ fileName, id, problem }) => [id, fileName, problem])
  return [
    `Looked for ${looked} packages: ${wrong.length} are not whole, ${unseen.length} could not be looked for.`,
    ...(digestUpTo === 0
      ? []
      : [`Downloaded and digested ${digested}; ${tooLarge} are larger than ${bytesInWords(digestUpTo)}.`]),
    ...(rows.length === 0 ? [] : [table(["id", "name", "what is wrong"], rows, "")]),
    ...(wrong.length === 0 ? [] : ["To publish one again: stash package republish ID"]),
  ].join("\n")
}

/** `stash verify`: whether the destination holds what the database says. Changes nothing. */
export const verifyCommand = Command.make(
  "verify",
  {
    account: accountFlag,
    digest: Flag.Boolean("digest").pipe(
      Flag.withDefault(false),
      Flag.withDescription("download every package as well, and compare its SHA-256; takes as long as it sounds"),
    ),
    digestUpTo: Flag.Int("digest-up-to-mb").pipe(
      Flag.withDefault(512),
      Flag.withDescription("with --digest: larger packages are looked for, and not downloaded"),
    ),
    json,
  },
  Effect.fn(function* ({ account, digest, digestUpTo, json }) {
    const limit = digest ? Math.max(1, digestUpTo) * MEBIBYTE : 0
    const verdict = yield* Effect.gen(function* () {
      return yield* verifyAll(yield* accountsToAsk(account), limit, showProgress)
    }).pipe(Effect.provide(layerLibraryDatabase))
    const isWell = verdict.wrong.length === 0 && verdict.unseen.length === 0
    if (process.stderr.isTTY === true) process.stderr.write("\n")
    yield* Console.log(json ? JSON.stringify({ ok: isWell, ...verdict }, null, 2) : report(verdict, limit))
    if (!isWell) return yield* new NotVerified({ wrong: verdict.wrong.length, unseen: verdict.unseen.length })
  }),
).pipe(
  Command.withDescription(
    "Compare the destination with the database, through the running worker; changes nothing. Exits 1 unless all is well",
  ),
  Command.withExamples([
    { command: "stash verify", description: "are all messages of all packages there, and of the right size?" },
    { command: "stash verify --digest", description: "do they hold the very bytes that were published?" },
  ]),
)
