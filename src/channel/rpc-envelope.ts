import type { FromClientEncoded } from "effect/rpc/RpcMessage"
import * as Schema from "effect/Schema"

/**
 * The envelopes of Effect RPC (effect/rpc/RpcMessage), of which the library has types only: it takes what comes for one of
 * them. What is inside, it decodes by the schemas of the call; a mistake there fails that call alone.
 */

const Id = Schema.Union([Schema.String, Schema.Finite])
const flag = Schema.optionalKey(Schema.Literal(true))

export const FromClient: Schema.Codec<FromClientEncoded, unknown> = Schema.Union([
  Schema.TaggedStruct("Request", {
    id: Id,
    tag: Schema.String,
    payload: Schema.Unknown,
    headers: Schema.Array(Schema.mutable(Schema.Tuple([Schema.String, Schema.String]))),
    isNotification: flag,
    discard: flag,
    traceId: Schema.optionalKey(Schema.String),
    spanId: Schema.optionalKey(Schema.String),
    sampled: Schema.optionalKey(Schema.Boolean),
  }),
  Schema.TaggedStruct("Ack", { requestId: Id }),
  Schema.TaggedStruct("Interrupt", { requestId: Id }),
  Schema.TaggedStruct("Ping", {}),
  Schema.TaggedStruct("Eof", {}),
])

const Reason = Schema.Union([
  Schema.TaggedStruct("Fail", { error: Schema.Unknown }),
  Schema.TaggedStruct("Die", { defect: Schema.Unknown }),
  Schema.TaggedStruct("Interrupt", { fiberId: Schema.UndefinedOr(Schema.NullOr(Schema.Finite)) }),
])

/** Without `ClientProtocolError`, which a client tells itself, and calls in the other direction, which have a stream of their own. */
export const FromServer = Schema.Union([
  Schema.TaggedStruct("Chunk", { requestId: Id, values: Schema.NonEmptyArray(Schema.Unknown) }),
  Schema.TaggedStruct("Exit", {
    requestId: Id,
    exit: Schema.Union([
      Schema.TaggedStruct("Success", { value: Schema.Unknown }),
      Schema.TaggedStruct("Failure", { cause: Schema.Array(Reason) }),
    ]),
  }),
  Schema.TaggedStruct("Defect", { defect: Schema.Unknown }),
  Schema.TaggedStruct("Pong", {}),
])
