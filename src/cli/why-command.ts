import { Console, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { eventsOf, type SetEvent } from "../../db/events.ts"
import { type SetNow, setsCalled } from "../../db/sets-called.ts"
import { layerLibraryDatabase } from "./library-database.ts"
import { printable } from "./table.ts"

const words: Readonly<Record<string, string>> = {
  claimed: "taken up",
  deferred: "put off",
  waiting: "waits for more of it",
  published: "published",
  duplicate: "settled as a duplicate",
  skipped: "skipped",
  publishing: "its upload began",
  taken_over: "its upload was taken up again",
  sent: "sent",
}

const stamp = (time: Date): string => time.toISOString().replace("T", " ").slice(0, 19)

const line = ({ account, at, detail, event }: SetEvent): string =>
  `  ${stamp(at)}  ${words[event] ?? event}${detail === "" ? "" : `: ${printable(detail)}`}${
    account === null ? "" : ` (${printable(account)})`
  }`

/** What happens next, in words. */
const next = ({ contentHash, leaseUntil, reason, retryAt, state }: SetNow): string => {
  switch (state) {
    case "claimed":
      return `An account works on it, at least until ${leaseUntil === null ? "?" : stamp(leaseUntil)} UTC.`
    case "deferred":
      return `It is tried again after ${retryAt === null ? "?" : stamp(retryAt)} UTC: ${reason}`
    case "waiting":
      return `It waits: ${reason}`
    case "published":
      return `It is in the library (content ${contentHash?.slice(0, 16) ?? "?"}); see: stash package show ${contentHash?.slice(0, 16) ?? ""}`
    case "duplicate":
      return `The library has it already: ${reason}`
    case "skipped":
      return `It was given up: ${reason}. To try again: stash skipped list, stash skipped retry ID`
  }
}

const MESSAGE_ID_SHIFT = 2 ** 20

const story = (set: SetNow, events: ReadonlyArray<SetEvent>): string =>
  [
    `${printable(set.setName)}, message ${set.firstMessageId / MESSAGE_ID_SHIFT} of ${printable(set.channelTitle)}`,
    ...events.map(line),
    `  ${printable(next(set))}`,
  ].join("\n")

/** `stash why`: the life of one archive, in plain words. */
export const whyCommand = Command.make(
  "why",
  {
    set: Argument.String("set").pipe(
      Argument.withDescription("a file name or part of it, a content hash (8 digits or more), or a message's number"),
    ),
    json: Flag.Boolean("json").pipe(Flag.withDefault(false), Flag.withDescription("print JSON")),
  },
  Effect.fn(function* ({ json, set: wanted }) {
    const sets = yield* Effect.gen(function* () {
      return yield* Effect.forEach(yield* setsCalled(wanted), (set) =>
        Effect.map(eventsOf(set), (events) => ({ ...set, events })),
      )
    }).pipe(Effect.provide(layerLibraryDatabase))
    if (json) return yield* Console.log(JSON.stringify({ sets }, null, 2))
    if (sets.length === 0)
      return yield* Console.log(`No set called ${wanted} was ever seen. Is its channel an active source of an account?`)
    for (const { events, ...set } of sets) yield* Console.log(`${story(set, events)}\n`)
  }),
).pipe(
  Command.withDescription("Tell the life of one archive: when it was seen, what became of it, and what comes next"),
  Command.withExamples([
    { command: "stash why Dragon", description: "every set with Dragon in its name" },
    { command: "stash why 1207", description: "the set whose first message has this number" },
  ]),
)
