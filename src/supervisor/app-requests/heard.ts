import { Effect, Exit, Schema } from "effect"
import { type AppRequestKind, fittestAccount, type HeardRequest, noteHeard } from "../../../db/app-requests.ts"
import { logEvent } from "../../log-line.ts"
import { AppRequestBell } from "../request-bell.ts"

const Id = Schema.NonEmptyString.check(Schema.isMaxLength(64))

/** What a join_channel notification says of what is wanted. */
export const JoinInput = Schema.Struct({ input: Schema.NonEmptyString.check(Schema.isMaxLength(256)) })
/** What a create_destination notification says of what is wanted. */
export const CreateInput = Schema.Struct({ title: Schema.NonEmptyString.check(Schema.isMaxLength(128)) })

const JoinPayload = Schema.fromJsonString(
  Schema.Struct({ requestId: Id, accountId: Schema.optionalKey(Schema.NullOr(Schema.String)), ...JoinInput.fields }),
)
const CreatePayload = Schema.fromJsonString(Schema.Struct({ requestId: Id, ...CreateInput.fields }))
/** Names at least the row, so that a payload that says nothing else of use is answered. */
const AnyPayload = Schema.fromJsonString(Schema.Struct({ requestId: Id }))

const decodeJoin = Schema.decodeUnknownExit(JoinPayload)
const decodeCreate = Schema.decodeUnknownExit(CreatePayload)
const decodeAny = Schema.decodeUnknownExit(AnyPayload)
const decodeId = Schema.decodeUnknownExit(Id)

/** Whose request it is, when the rest cannot be understood: its row shall not wait for ever. */
const malformed = (kind: AppRequestKind, payload: string): HeardRequest | undefined => {
  const named = decodeAny(payload)
  if (Exit.isFailure(named)) return undefined
  return { id: named.value.requestId, kind, input: {}, wantedAccountId: null, isBound: false }
}

/** What the payload of a notification asks for, as the web app writes it; undefined: it names no request. */
export const heardRequest = (kind: AppRequestKind, payload: string): HeardRequest | undefined => {
  if (kind === "join_channel") {
    const decoded = decodeJoin(payload)
    if (Exit.isFailure(decoded)) return malformed(kind, payload)
    const { accountId = null, input, requestId } = decoded.value
    return { id: requestId, kind, input: { input }, wantedAccountId: accountId, isBound: false }
  }
  if (kind === "create_destination") {
    const decoded = decodeCreate(payload)
    if (Exit.isFailure(decoded)) return malformed(kind, payload)
    const { requestId, title } = decoded.value
    return { id: requestId, kind, input: { title }, wantedAccountId: null, isBound: false }
  }
  const decoded = decodeId(payload)
  if (Exit.isFailure(decoded)) return undefined
  const id = kind === "generate_invite" ? `invite:${decoded.value}` : decoded.value
  const input = kind === "generate_invite" ? { channelId: decoded.value } : {}
  return { id, kind, input, wantedAccountId: null, isBound: kind === "channel_fetch" }
}

/** Of nobody in particular: the fittest account is asked first. */
const meantFor = Effect.fn("meantFor")(function* (heard: HeardRequest) {
  const isForAnybody = heard.kind !== "channel_fetch" && heard.wantedAccountId === null
  if (!isForAnybody) return heard
  const fittest = yield* fittestAccount()
  return fittest._tag === "None" ? heard : { ...heard, wantedAccountId: fittest.value.id }
})

/** Notes what the web app asks for and has it looked at. What cannot be understood is logged, and nothing else happens. */
export const hearAppRequest = Effect.fn("hearAppRequest")(
  function* (kind: AppRequestKind, payload: string) {
    const heard = heardRequest(kind, payload)
    if (heard === undefined)
      return yield* logEvent.warn("app_request.malformed", "A request of the web app could not be understood", {
        kind,
        bytes: payload.length,
      })
    const isOpen = yield* Effect.flatMap(meantFor(heard), noteHeard)
    yield* logEvent.info("app_request.heard", `The web app asks: ${kind}`, { kind, request: heard.id, isOpen })
    yield* (yield* AppRequestBell).ringWatch
  },
  Effect.catch((error) =>
    // The row is found by the next look at the table.
    logEvent.warn("app_request.unnoted", "A request of the web app could not be noted", { error: error.message }),
  ),
)
