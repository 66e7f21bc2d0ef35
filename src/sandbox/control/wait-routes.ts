import { resolve } from "node:path"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Happening, WaitTimeout } from "../faults/happenings.ts"
import { WaitCondition } from "../faults/wait-condition.ts"
import { JournalError } from "../state/journal.ts"
import { decodeStrictly, describeIssues } from "../world.ts"
import { bodyRoute, type ControlContext, ok, Refusal, type Route, route } from "./route.ts"

/** No wait is longer: milliseconds. */
const MAX_PATIENCE = 600_000

const patienceOf = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  if (!/^\d{1,9}$/.test(text)) throw new Refusal(400, "timeoutMilliseconds: Expected a whole number")
  return Math.min(Number(text), MAX_PATIENCE)
}

const wait = async ({ happenings }: ControlContext, query: URLSearchParams, signal: AbortSignal) => {
  const { timeoutMilliseconds, ...condition } = Object.fromEntries(query)
  const decoded = decodeStrictly(WaitCondition, condition)
  if (Result.isFailure(decoded)) throw new Refusal(400, "The wait is not valid", describeIssues(decoded.failure))
  try {
    return ok(await happenings.wait(decoded.success, patienceOf(timeoutMilliseconds), signal))
  } catch (error) {
    throw error instanceof WaitTimeout ? new Refusal(408, error.message) : error
  }
}

/** Waiting, and keeping. */
export const waitRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/wait",
    summary:
      "Answers when something has happened: a call, a message, a login, connections, bytes, a fault; 408 in vain.",
    query: {
      for: "call, message, login, connections, bytes or fault; the other parameters are those of its kind",
      account: "a phone",
      method: "of a call",
      phase: "of a call: received or answered",
      nth: "of a call: counted from the sandbox's start; the next one when left out",
      channel: "of a message: its channel's name",
      name: "of a message: its file's name",
      text: "of a message",
      count: "how many",
      direction: "of bytes: up or down",
      atLeast: "of bytes and connections",
      atMost: "of connections",
      id: "of a fault",
      timeoutMilliseconds: "30000 when left out",
    },
    answer: Happening,
    handle: (context, { query, signal }) => wait(context, query, signal),
  }),
  bodyRoute({
    method: "POST",
    path: "/save",
    summary: "Copies the state to a new directory, for a sandbox with the same world to start with.",
    body: Schema.Struct({ directory: Schema.NonEmptyString }),
    what: "directory",
    handle: async ({ save }, { body }) => {
      try {
        await save(resolve(body.directory))
      } catch (error) {
        throw error instanceof JournalError ? new Refusal(409, error.message) : error
      }
      return ok({})
    },
  }),
]
