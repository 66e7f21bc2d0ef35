import { existsSync } from "node:fs"
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { Console, Effect, Schedule, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { type AccountStanding, accountStandings, setActive } from "../../db/account-states.ts"
import { belongingsOf, removeAccount } from "../../db/remove-account.ts"
import { type Config, loadConfig } from "../config.ts"
import { runningDatabaseUrl } from "../database-url.ts"
import { maskPhone } from "../log-line.ts"
import { endSession } from "../supervisor/end-session.ts"
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

/** TDLib's folder of an account, where this machine has it. */
const tdlibFolder = (config: Config, accountId: string): string => join(config.tdlibDirectory, accountId)

type SessionFate = "ended" | "kept" | "elsewhere" | "none"

/** What becomes of the account's session at Telegram. */
const sessionFate = (config: Config, { id, loginState }: AccountStanding, keepSession: boolean): SessionFate => {
  if (existsSync(tdlibFolder(config, id))) return keepSession ? "kept" : "ended"
  return loginState === "ready" ? (keepSession ? "kept" : "elsewhere") : "none"
}

/** An account whose session stands is not removed unless the operator wants that. Answers whether there was one. */
const logOut = Effect.fn("logOut")(function* (config: Config, account: AccountStanding) {
  const url = yield* runningDatabaseUrl(config)
  return yield* endSession(account, config, url ?? "").pipe(
    Effect.mapError(
      ({ message }) =>
        new NotRemoved({
          why: `its session could not be ended at Telegram (${message}): the account is disabled; try again, or leave the session with --keep-session`,
        }),
    ),
  )
})

const remove = Effect.fn("remove")(function* (config: Config, account: AccountStanding, keepSession: boolean) {
  const { id } = account
  const fate = sessionFate(config, account, keepSession)
  if (fate === "elsewhere")
    return yield* new NotRemoved({
      why: `its session cannot be ended from here, for ${tdlibFolder(config, id)} is not there: run this where the worker runs, or leave the session with --keep-session`,
    })
  yield* setActive(id, false)
  yield* untilClosed(id)
  const { openPublications } = yield* belongingsOf(id)
  if (openPublications > 0)
    return yield* new NotRemoved({
      why: `${openPublications} of its publications are under way: resume it, let it end them (stash account list), then remove it`,
    })
  const hadSession = fate !== "ended" || (yield* logOut(config, account))
  yield* removeAccount(id)
  for (const folder of [tdlibFolder(config, id), join(config.tempDirectory, id)])
    yield* Effect.promise(() => rm(folder, { recursive: true, force: true }))
  return hadSession ? fate : "none"
})

/** What is said of the session, before and after. */
const sessionWords = {
  ended: ["Its session would be ended at Telegram (--keep-session leaves it).", "Its session at Telegram was ended."],
  kept: [
    "At Telegram its session would stand.",
    "At Telegram its session stands until you end it: Settings, Devices of an official app.",
  ],
  elsewhere: ["Its session cannot be ended from here: TDLib's folder is not on this machine.", ""],
  none: ["It has no session.", "It had no session."],
} as const

/** `stash account remove`: says what goes; does it with --yes. */
export const removeCommand = Command.make(
  "remove",
  {
    wanted,
    yes: Flag.Boolean("yes").pipe(Flag.withDefault(false), Flag.withDescription("do it; without, only tell")),
    keepSession: Flag.Boolean("keep-session").pipe(
      Flag.withDefault(false),
      Flag.withDescription("do not end its session at Telegram"),
    ),
    json,
  },
  Effect.fn(function* ({ json, keepSession, wanted, yes }) {
    const config = yield* loadConfig(process.env)
    const done = yield* Effect.gen(function* () {
      const account = yield* oneAccount(wanted)
      const belongings = yield* belongingsOf(account.id)
      const session = yes ? yield* remove(config, account, keepSession) : sessionFate(config, account, keepSession)
      return { id: account.id, phone: maskPhone(account.phone), dryRun: !yes, session, ...belongings }
    }).pipe(Effect.provide(layerLibraryDatabase))
    if (json) return yield* Console.log(JSON.stringify(done))
    const { channelLinks, claims, openPublications, phone, runs, session } = done
    yield* Console.log(
      `${yes ? "Removed" : "Would remove"} ${phone}: its links to ${channelLinks} channels, ${runs} run records, and TDLib's folder. ` +
        `The ${claims} sets it has worked on stay known, and packages stay.`,
    )
    if (!yes && openPublications > 0)
      yield* Console.log(`${openPublications} of its publications are under way: they must end first.`)
    const [before, after] = sessionWords[session]
    yield* Console.log(yes ? after : `${before} Repeat with --yes to do it.`)
  }),
).pipe(
  Command.withDescription("Remove an account and end its session; tells what would go, and does it with --yes"),
  Command.withExamples([
    { command: "stash account remove Alice", description: "what would go?" },
    { command: "stash account remove Alice --yes", description: "remove it" },
  ]),
)
