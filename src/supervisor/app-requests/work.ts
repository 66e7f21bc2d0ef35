import { Effect, Schema } from "effect"
import type { RpcClientError } from "effect/rpc"
import type { TakenAppRequest } from "../../../db/app-requests.ts"
import type { Database, DatabaseError } from "../../../db/database.ts"
import type { ChatAnswer, ChatRefusal, ChatRequest } from "../../channel/chat-requests.ts"
import type { Config } from "../../config.ts"
import type { Cell } from "../cell.ts"

/** Thrown when: what was asked cannot be done, by whomever; the text is for whoever asked. */
export class Refused extends Schema.TaggedError<Refused>()("Refused", { reason: Schema.String }) {
  override get message(): string {
    return this.reason
  }
}

/** Thrown when: this account cannot do what was asked, and perhaps another one can. */
export class Unfit extends Schema.TaggedError<Unfit>()("Unfit", { reason: Schema.String }) {
  override get message(): string {
    return this.reason
  }
}

/** What an account works with on a request. */
export interface Work {
  readonly request: TakenAppRequest
  readonly accountId: string
  readonly cell: Pick<Cell, "account">
  readonly config: Config
}

/** How the app is told that it is done; written together with the end of the request. */
export type Done = Effect.Effect<unknown, DatabaseError, Database>

/** Longer than the floods that TDLib and we sit out. */
const LONGEST_ANSWER = "3 minutes"

/** Has the account do something with chats. A refusal ends the request. */
export const askChat = (
  { cell }: Work,
  request: ChatRequest,
): Effect.Effect<ChatAnswer, Refused | RpcClientError.RpcClientError> =>
  cell.account.AskChat({ request }).pipe(
    Effect.timeoutOrElse({
      duration: LONGEST_ANSWER,
      orElse: () => Effect.fail(new Refused({ reason: "Telegram did not answer within 3 minutes: ask again later" })),
    }),
    Effect.catchTag("ChatRefusal", (refusal: ChatRefusal) => Effect.fail(new Refused({ reason: refusal.message }))),
  )

/** An answer of another kind than the question's would be a bug of the cell. */
export const unexpected = (answer: ChatAnswer) =>
  new Refused({ reason: `the account's answer makes no sense here (${answer._tag}): please report it` })
