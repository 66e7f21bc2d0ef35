import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import type { CallLog } from "../call-log.ts"
import type { SandboxCounters } from "../counters.ts"
import type { Faults } from "../faults/fault-registry.ts"
import type { Happenings } from "../faults/happenings.ts"
import type { Links } from "../faults/links.ts"
import type { Accounts } from "../methods/accounts.ts"
import type { Announcements } from "../methods/announcements.ts"
import type { Pages } from "../methods/pages.ts"
import type { Endpoint } from "../sandbox.ts"
import type { Speeds } from "../speeds/speeds.ts"
import type { Content } from "../state/content.ts"
import type { Telegram } from "../state/telegram.ts"
import { decodeStrictly, describeIssues } from "../world.ts"

/** What the routes work on. */
export interface ControlContext {
  readonly endpoint: Endpoint
  readonly telegram: Telegram
  readonly announcements: Announcements
  readonly accounts: Accounts
  /** How full the pages of histories and searches are. */
  readonly pages: Pages
  /** What file paths in requests are relative to: the world's directory. */
  readonly directory: string
  readonly counters: () => SandboxCounters
  readonly log: Pick<CallLog, "read">
  readonly faults: Faults
  readonly links: Links
  readonly speeds: Speeds
  readonly happenings: Happenings
  readonly restart: (milliseconds: number) => Promise<void>
  readonly save: (directory: string) => Promise<void>
}

/** A request that cannot be fulfilled; becomes the answer {error, problems?}. */
export class Refusal extends Error {
  readonly status: number
  readonly problems: readonly string[] | undefined

  /** status: an HTTP status; problems: one line for each mistake, with its path. */
  constructor(status: number, message: string, problems?: readonly string[]) {
    super(message)
    this.status = status
    this.problems = problems
  }
}

export interface Reply {
  readonly status: number
  /** A value that becomes JSON, or the bytes of a file. */
  readonly body: unknown
  readonly file?: Content
}

/** A request to a route, decoded. */
export interface RouteRequest<Body> {
  readonly body: Body
  /** What stands in the path for ":name". */
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal
}

export type Method = "GET" | "POST" | "DELETE"

interface RouteDescription {
  readonly method: Method
  /** For example "/accounts/:phone". */
  readonly path: string
  /** What it does, in a sentence. */
  readonly summary: string
  /** What each parameter after the "?" means. */
  readonly query?: Readonly<Record<string, string>>
  /** Of what it answers with; for the description alone. */
  readonly answer?: Schema.Constraint
}

/** One thing that the control interface can do. */
export interface Route extends RouteDescription {
  readonly body: Schema.Decoder<unknown> | undefined
  readonly handle: (context: ControlContext, request: RouteRequest<unknown>) => Reply | Promise<Reply>
}

/** A route without a body. */
export const route = (
  described: RouteDescription & {
    readonly handle: (context: ControlContext, request: RouteRequest<unknown>) => Reply | Promise<Reply>
  },
): Route => ({ ...described, body: undefined })

/** A route whose body has a Schema; `what` it is called in the error of one that does not fit. */
export const bodyRoute = <S extends Schema.Decoder<unknown>>(
  described: RouteDescription & {
    readonly body: S
    readonly what: string
    readonly handle: (context: ControlContext, request: RouteRequest<S["Type"]>) => Reply | Promise<Reply>
  },
): Route => ({
  ...described,
  handle: (context, request) => {
    const decoded = decodeStrictly(described.body, request.body ?? {})
    if (Result.isFailure(decoded)) {
      throw new Refusal(400, `The ${described.what} is not valid`, describeIssues(decoded.failure))
    }
    return described.handle(context, { ...request, body: decoded.success })
  },
})

/** Every ordinary answer. */
export const ok = (body: unknown): Reply => ({ status: 200, body })

/** The answer of a route that makes something. */
export const created = (body: unknown): Reply => ({ status: 201, body })
