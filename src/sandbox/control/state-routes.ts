import * as Schema from "effect/Schema"
import { type LogFilter, LoggedCall } from "../call-log.ts"
import { SandboxCounters } from "../counters.ts"
import { prepareDigests, readState, SandboxState } from "../sandbox-state.ts"
import type { Content } from "../state/content.ts"
import { worldSchema } from "../world-schema.ts"
import { type ControlContext, ok, Refusal, type Route, route } from "./route.ts"

/** The bytes of the file in the message ?channel=NAME&id=N, as they were really received or are served. */
const fileOfQuery = ({ telegram }: ControlContext, query: URLSearchParams): Content => {
  const name = query.get("channel") ?? ""
  const id = Number(query.get("id"))
  const channel = telegram.channels.get(name)
  if (channel === undefined) throw new Refusal(404, `No channel is called ${name}`, [...telegram.channels.keys()])
  const file = channel.message(id)?.file
  if (file === undefined) throw new Refusal(404, `Message ${query.get("id")} of ${name} has no file`)
  return file.content
}

const filterOfQuery = (query: URLSearchParams): LogFilter => {
  const limit = query.get("limit")
  if (limit !== null && !/^\d{1,6}$/.test(limit))
    throw new Refusal(400, `limit: Expected a whole number, found ${limit}`)
  return {
    account: query.get("account") ?? undefined,
    method: query.get("method") ?? undefined,
    limit: limit === null ? undefined : Number(limit),
  }
}

/** What can be read. */
export const stateRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/endpoint",
    summary: "Where Telegram is, the patched library, the server's public key and the first account's login code.",
    handle: ({ endpoint }) => ok(endpoint),
  }),
  route({
    method: "GET",
    path: "/state",
    summary: "Every account, channel and message, with size and SHA-256 of what was really received.",
    answer: SandboxState,
    handle: async ({ telegram }) => {
      await prepareDigests(telegram)
      return ok(readState(telegram))
    },
  }),
  route({
    method: "GET",
    path: "/counters",
    summary: "Calls and bytes by account and method, and what clients did against the protocol.",
    answer: SandboxCounters,
    handle: ({ counters }) => ok(counters()),
  }),
  route({
    method: "GET",
    path: "/log",
    summary: "The last 2000 calls, the newest last: when, who, what, how long it took, and its error.",
    query: { account: "a phone", method: "a method's name", limit: "how many" },
    answer: Schema.Struct({ calls: Schema.Array(LoggedCall) }),
    handle: ({ log }, { query }) => ok({ calls: log.read(filterOfQuery(query)) }),
  }),
  route({
    method: "GET",
    path: "/files",
    summary: "The bytes of the file in a message.",
    query: { channel: "the channel's name", id: "the message's id on the server" },
    handle: (context, { query }) => ({ status: 200, body: undefined, file: fileOfQuery(context, query) }),
  }),
  route({
    method: "GET",
    path: "/world-schema.json",
    summary: "The JSON Schema of world files.",
    handle: () => ok(worldSchema()),
  }),
]
