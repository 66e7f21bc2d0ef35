import { Console, Effect, Option, Schema } from "effect"
import { Command } from "effect/cli"
import type { LookAt } from "../doctor/check-channels.ts"
import { examine } from "../doctor/doctor.ts"
import { type Check, type Finding, hasFault } from "../doctor/finding.ts"
import { askAccount, canBeAsked } from "../operator/ask-account.ts"
import { json } from "./one-account.ts"
import { printable } from "./table.ts"

/** Thrown when: something that was looked at is not as it should be; ends the command with 1. */
export class FaultsFound extends Schema.TaggedError<FaultsFound>()("FaultsFound", { faults: Schema.Int }) {
  override get message(): string {
    return this.faults === 1 ? "there is 1 fault" : `there are ${this.faults} faults`
  }
}

const ANSWER_LIMIT = "20 seconds"

/** Accounts that run are asked themselves; what they do not say in time is not held against them. */
const lookThroughWorker: LookAt = (account, chatId) =>
  Effect.gen(function* () {
    if (!account.isAlive || !(yield* canBeAsked(account))) return Option.none()
    const answer = yield* Effect.timeoutOption(askAccount(account, { _tag: "LookAtChat", chatId }), ANSWER_LIMIT)
    return Option.flatMap(answer, (given) => (given._tag === "Chat" ? Option.some(given.chat) : Option.none()))
  }).pipe(Effect.catchTags({ DatabaseError: () => Effect.succeedNone, SchemaError: () => Effect.succeedNone }))

const mark = ({ findings }: Check): string =>
  findings.some(({ severity }) => severity === "fault") ? "FAULT " : findings.length > 0 ? "advice" : "ok    "

const told = ({ remedy, what, why }: Finding): ReadonlyArray<string> => [
  `        ${printable(what)}`,
  `        why:    ${printable(why)}`,
  `        remedy: ${printable(remedy)}`,
]

const lines = (one: Check): ReadonlyArray<string> => [
  `${mark(one)}  ${one.name}: ${printable(one.seen)}`,
  ...one.findings.flatMap(told),
]

/** `stash doctor`: everything that the worker needs, looked at, with a remedy for what is wrong. */
export const doctorCommand = Command.make(
  "doctor",
  { json },
  Effect.fn(function* ({ json }) {
    const checks = yield* examine(process.env, lookThroughWorker)
    const findings = checks.flatMap(({ findings, name }) => findings.map((finding) => ({ check: name, ...finding })))
    yield* Console.log(
      json
        ? JSON.stringify(
            { ok: !hasFault(checks), checks: checks.map(({ name, seen }) => ({ name, seen })), findings },
            null,
            2,
          )
        : checks.flatMap(lines).join("\n"),
    )
    if (hasFault(checks))
      return yield* new FaultsFound({ faults: findings.filter(({ severity }) => severity === "fault").length })
  }),
).pipe(
  Command.withDescription(
    "Look at everything the worker needs, with a remedy for whatever is wrong; changes nothing. Exits 1 when there is a fault",
  ),
  Command.withExamples([
    { command: "stash doctor", description: "before the first start, and whenever something does not work" },
    { command: "stash doctor --json", description: "for a script: ok, checks, findings with what, why and remedy" },
  ]),
)
