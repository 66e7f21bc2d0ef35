import { Console, Effect, Option, Result, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { noSchedule, scheduleOf, setSchedule } from "../../db/schedules.ts"
import { parseQuietHours, QUIET_HOURS_FORM } from "../supervisor/quiet-hours.ts"
import { layerLibraryDatabase } from "./library-database.ts"
import { json, oneAccount, wanted } from "./one-account.ts"
import { table } from "./table.ts"

/** Thrown when: a value of a schedule cannot be used. */
export class ScheduleRefused extends Schema.TaggedError<ScheduleRefused>()("ScheduleRefused", {
  flag: Schema.String,
  problem: Schema.String,
}) {
  override get message(): string {
    return `--${this.flag}: ${this.problem}`
  }
}

const DEFAULT = "default"

/** `default` takes the account's own hours away; `none` are hours of its own, without any. */
const checkedHours = (text: string): Effect.Effect<string | null, ScheduleRefused> => {
  const hours = text.trim().toLowerCase()
  if (hours === DEFAULT) return Effect.succeed(null)
  if (hours === "none") return Effect.succeed(hours)
  const parsed = parseQuietHours(hours)
  return Result.isSuccess(parsed)
    ? Effect.succeed(hours)
    : Effect.fail(new ScheduleRefused({ flag: "quiet-hours", problem: parsed.failure }))
}

/** Slower than this, TDLib would take a transfer for a broken one. */
const SLOWEST_MBIT = 0.1

/** 0 takes the account's own limit away. */
const checkedLimit = (flag: string) => (mbit: number) =>
  mbit !== 0 && mbit < SLOWEST_MBIT
    ? Effect.fail(
        new ScheduleRefused({ flag, problem: `at least ${SLOWEST_MBIT} megabits a second, or 0 for no limit` }),
      )
    : Effect.succeed(mbit === 0 ? null : mbit)

const limitFlag = (name: string, direction: string) =>
  Flag.Finite(name).pipe(
    Flag.withDescription(`most megabits a second that the account ${direction}; 0: no limit of its own`),
    Flag.optional,
  )

/** What is given replaces what was; nothing given leaves it. */
const orElse = <A, B, E>(given: Option.Option<A>, before: B, check: (value: A) => Effect.Effect<B, E>) =>
  Option.match(given, { onNone: () => Effect.succeed(before), onSome: check })

/** `stash account schedule`: the account's own quiet hours and speed. */
export const schedule = Command.make(
  "schedule",
  {
    wanted,
    quietHours: Flag.String("quiet-hours").pipe(
      Flag.withDescription(`${QUIET_HOURS_FORM}; none: no quiet hours; default: as STASH_QUIET_HOURS says`),
      Flag.optional,
    ),
    maxDownloadMbit: limitFlag("max-download-mbit", "downloads"),
    maxUploadMbit: limitFlag("max-upload-mbit", "uploads"),
    reset: Flag.Boolean("reset").pipe(
      Flag.withDefault(false),
      Flag.withDescription("all as the worker's settings say"),
    ),
    json,
  },
  Effect.fn(function* ({ json, wanted, reset, ...given }) {
    const set = yield* Effect.gen(function* () {
      const { id } = yield* oneAccount(wanted)
      const before = reset ? noSchedule(id) : yield* scheduleOf(id)
      const set = {
        quietHours: yield* orElse(given.quietHours, before.quietHours, checkedHours),
        maxDownloadMbit: yield* orElse(
          given.maxDownloadMbit,
          before.maxDownloadMbit,
          checkedLimit("max-download-mbit"),
        ),
        maxUploadMbit: yield* orElse(given.maxUploadMbit, before.maxUploadMbit, checkedLimit("max-upload-mbit")),
      }
      yield* setSchedule({ accountId: id, ...set })
      return { id, schedule: set }
    }).pipe(Effect.provide(layerLibraryDatabase))
    if (json) return yield* Console.log(JSON.stringify(set, null, 2))
    const rows = Object.entries(set.schedule).map(([name, value]) => [name, value === null ? DEFAULT : String(value)])
    yield* Console.log(table(["schedule", "value"], rows, ""))
    yield* Console.log("It holds from now on.")
  }),
).pipe(
  Command.withDescription("Show or change an account's own quiet hours and speed"),
  Command.withExamples([
    { command: "stash account schedule Alice", description: "what holds for this account" },
    {
      command: 'stash account schedule Alice --quiet-hours "23:00-07:00" --max-upload-mbit 20',
      description: "nothing at night, and never faster than this",
    },
  ]),
)
