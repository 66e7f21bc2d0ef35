import { Console, Effect, Option, Schedule, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { askRebuild, fetchOutcome } from "../../db/rebuild.ts"
import { canBeAsked, NotAnswered, nameOf } from "../operator/ask-account.ts"
import { RebuildProgress } from "../supervisor/app-requests/rebuild-input.ts"
import { accountFlag, json } from "./channel-flags.ts"
import { chosenAccount } from "./chosen-account.ts"
import { layerLibraryDatabase } from "./library-database.ts"
import { table } from "./table.ts"

const LOOK_EVERY = "500 millis"
const decodeProgress = Schema.decodeUnknownEffect(Schema.fromJsonString(RebuildProgress))
const isEnded = (outcome: Option.Option<{ readonly status: string }>): boolean =>
  Option.isNone(outcome) || outcome.value.status === "COMPLETED" || outcome.value.status === "FAILED"

const told = (done: RebuildProgress, dryRun: boolean): string => {
  const would = dryRun ? "would be " : ""
  const fetched = done.fetched === 0 ? "" : `, ${done.fetched} of them fetched (${done.fetchedBytes} bytes)`
  const lines = [
    `${done.documentsFound} documents in the destination; ${done.packagesCreated} packages ${would}restored${fetched}; ${done.packagesSkipped} left as they are.`,
  ]
  if (done.problems.length > 0)
    lines.push(
      table(
        ["name", "why it is left"],
        done.problems.map(({ name, reason }) => [name, reason]),
        "",
      ),
    )
  return lines.join("\n")
}

/** `stash rebuild`: the library's rows made anew from what lies in the destination. */
export const rebuildCommand = Command.make(
  "rebuild",
  {
    dryRun: Flag.Boolean("dry-run").pipe(Flag.withDefault(false), Flag.withDescription("only tell what would be done")),
    noDownload: Flag.Boolean("no-download").pipe(
      Flag.withDefault(false),
      Flag.withDescription("leave alone what would have to be fetched to learn its hash"),
    ),
    account: accountFlag,
    json,
  },
  Effect.fn(function* ({ account, dryRun, json, noDownload }) {
    const done = yield* Effect.gen(function* () {
      const chosen = yield* chosenAccount(account)
      const refuse = (reason: string) => new NotAnswered({ account: nameOf(chosen), reason })
      if (!(yield* canBeAsked(chosen)))
        return yield* refuse("no worker runs this account now, and this needs Telegram: start the worker (stash run)")
      const id = yield* askRebuild({ accountId: chosen.id, input: { dryRun, download: !noDownload } })
      // Without a limit: a large library takes hours, and the worker goes on when nobody looks any more.
      const outcome = yield* fetchOutcome(id).pipe(
        Effect.repeat({ until: isEnded, schedule: Schedule.spaced(LOOK_EVERY) }),
      )
      if (Option.isNone(outcome) || outcome.value.status === "FAILED")
        return yield* refuse(Option.getOrUndefined(outcome)?.error ?? "the request is gone")
      return yield* decodeProgress(outcome.value.result)
    }).pipe(Effect.provide(layerLibraryDatabase))
    yield* Console.log(json ? JSON.stringify({ dryRun, ...done }, null, 2) : told(done, dryRun))
  }),
).pipe(
  Command.withDescription("Restore the packages that lie in the destination and that the database lacks"),
  Command.withExamples([
    { command: "stash rebuild --dry-run", description: "what would be restored, and how much fetched for it" },
  ]),
)
