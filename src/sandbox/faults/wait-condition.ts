import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"

/** A whole number, as JSON has it or as a query string writes it. */
const Count = Schema.Union([
  Schema.Int,
  Schema.String.check(Schema.isPattern(/^\d{1,15}$/, { expected: "a whole number" })).pipe(
    Schema.decodeTo(Schema.Int, SchemaTransformation.numberFromString),
  ),
])

/**
 * What can be waited for. All but a call without `nth` are true as soon as they hold, also when they held before, so that
 * nothing is missed between an action and the wait for its effect.
 */
export const WaitCondition = Schema.Union([
  /** A call: the next one, or the nth since the sandbox started. */
  Schema.Struct({
    for: Schema.Literal("call"),
    account: Schema.optionalKey(Schema.String),
    method: Schema.optionalKey(Schema.String),
    phase: Schema.optionalKey(Schema.Literals(["received", "answered"])),
    nth: Schema.optionalKey(Count),
  }),
  /** That a channel holds so many messages (1 when left out) with this file name and text. */
  Schema.Struct({
    for: Schema.Literal("message"),
    channel: Schema.String,
    name: Schema.optionalKey(Schema.String),
    text: Schema.optionalKey(Schema.String),
    count: Schema.optionalKey(Count),
  }),
  /** That an account is logged in with so many clients (1 when left out). */
  Schema.Struct({ for: Schema.Literal("login"), account: Schema.String, count: Schema.optionalKey(Count) }),
  /** That at least, or at most, so many connections are open. */
  Schema.Struct({
    for: Schema.Literal("connections"),
    atLeast: Schema.optionalKey(Count),
    atMost: Schema.optionalKey(Count),
  }),
  /** That an account has sent ("up") or received ("down") so many bytes in calls. */
  Schema.Struct({
    for: Schema.Literal("bytes"),
    account: Schema.String,
    direction: Schema.Literals(["up", "down"]),
    atLeast: Count,
  }),
  /** That a fault has struck so often (1 when left out). */
  Schema.Struct({ for: Schema.Literal("fault"), id: Count, count: Schema.optionalKey(Count) }),
])
export type WaitCondition = typeof WaitCondition.Type
