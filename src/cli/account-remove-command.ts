import { rm } from "node:fs/promises"
import { join } from "node:path"
import { Console, Effect, Schedule, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { type AccountStanding, accountStandings, setActive } from "../../db/account-states.ts"
import { belongingsOf, removeAccount } from "../../db/remove-account.ts"
import { loadConfig } from "../config.ts"
import { maskPhone } from "../log-line.ts"
import { layerLibraryDatabase } from "./library-database.ts"
import { json, oneAccount, wanted } from "./one-account.ts"

/** Thrown when: an account cannot be removed now; the text says why. */
export class NotRemoved extends Schema.TaggedError<NotRemoved>()("NotRemoved", { why: Schema.String }) {
  override get message(): string {
    return this.why
  }
}

const CLOSE_LIMIT = "60 seconds"

/** A cell that still runs would go on with what is being removed. */
const untilClosed = (accountId: string) =>
  accountStandings().pipe(
    Effect.map((all) => all.some(({ id, isAlive }) => id === accountId && isAlive)),
    Effect.repeat({ until: (isAlive) => !isAlive, schedule: Schedule.spaced("250 millis") }),
    Effect.timeoutOrElse({
      duration: CLOSE_LIMIT,
      orElse: () => new NotRemoved({ why: "the account's process has not closed; it is paused, try again" }),
    }),
  )

const remove = Effect.fn("remove")(function* ({ id }: AccountStanding) {
  const config = yield* loadConfig(process.env)
  yield* setActive(id, false)
  yield* untilClosed(id)
  const { openPublications } = yield* belongingsOf(id)
  if (openPublications > 0)
    return yield* new NotRemoved({
      why: `${openPublications} of its publications are under way: resume it, let it end them (stash account list), then remove it`,
    })
  yield* removeAccount(id)
  for (const folder of [config.tdlibDirectory, config.tempDirectory])
    yield* Effect.promise(() => rm(join(folder, id), { recursive: true, force: true }))
})

/** `stash account remove`: says what goes; does it with --yes. */
export const removeCommand = Command.make(
  "remove",
  {
    wanted,
    yes: Flag.Boolean("yes").pipe(Flag.withDefault(false), Flag.withDescription("do it; without, only tell")),
    json,
  },
  Effect.fn(function* ({ json, wanted, yes }) {
    const done = yield* Effect.gen(function* () {
      const account = yield* oneAccount(wanted)
      const belongings = yield* belongingsOf(account.id)
      if (yes) yield* remove(account)
      return { id: account.id, phone: maskPhone(account.phone), dryRun: !yes, ...belongings }
    }).pipe(Effect.provide(layerLibraryDatabase))
    if (json) return yield* Console.log(JSON.stringify(done))
    const { channelLinks, claims, openPublications, phone, runs } = done
    yield* Console.log(
      `${yes ? "Removed" : "Would remove"} ${phone}: its links to ${channelLinks} channels, ${runs} run records, and TDLib's folder ` +
        `with its session. ${claims} sets it has worked on pass to the oldest other account; packages stay.`,
    )
    if (!yes && openPublications > 0)
      yield* Console.log(`${openPublications} of its publications are under way: they must end first.`)
    yield* Console.log(
      yes
        ? "At Telegram its session stands until you end it: Settings, Devices of an official app."
        : "Repeat with --yes to do it.",
    )
  }),
).pipe(
  Command.withDescription("Remove an account with its session; tells what would go, and does it with --yes"),
  Command.withExamples([
    { command: "stash account remove Alice", description: "what would go?" },
    { command: "stash account remove Alice --yes", description: "remove it" },
  ]),
)
