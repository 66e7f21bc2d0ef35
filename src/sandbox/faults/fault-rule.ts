import * as Schema from "effect/Schema"

const Positive = Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))
/** An hour; longer is "for ever". */
const Milliseconds = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3_600_000 }))
const Moment = Schema.Literals(["before", "after"])

/** What goes wrong. "before" and "after" are meant of the call's effect: whether the server has done it. */
export const FaultEffect = Schema.Union([
  /** The call is not executed and answered with this error, such as {code: 420, text: "FLOOD_WAIT_3"}. */
  Schema.Struct({ error: Schema.Struct({ code: Schema.Int, text: Schema.NonEmptyString }) }),
  /** The call is executed so many milliseconds later. */
  Schema.Struct({ delay: Milliseconds }),
  /** The call is not executed and never answered. */
  Schema.Struct({ silence: Schema.Literal(true) }),
  /** The connection is dropped; the answer, if there is one, waits for the client to come back. */
  Schema.Struct({ drop: Moment }),
  /** The call is executed and its answer lost on the way; the client gets it when it asks for it or connects anew. */
  Schema.Struct({ loseAnswer: Schema.Literal(true) }),
  /** The call stands still until the fault is released. */
  Schema.Struct({ hold: Moment }),
  /** So many bytes of a download's answer are turned over, from this offset in the answer on. */
  Schema.Struct({
    wrongBytes: Schema.Struct({ at: Schema.optionalKey(Schema.Int), count: Schema.optionalKey(Positive) }),
  }),
  /** The server ends after the call's effect and comes back, with its state, after so many milliseconds. */
  Schema.Struct({ restart: Milliseconds }),
  /** Nothing passes on the connection any more for so many milliseconds, though it stays open. */
  Schema.Struct({ halfOpen: Milliseconds }),
])
export type FaultEffect = typeof FaultEffect.Type

/** Which calls go wrong, and how. */
export const FaultRule = Schema.Struct({
  /** Phone of the caller; "" for calls before the login; any when left out. */
  account: Schema.optionalKey(Schema.String),
  /** Such as "messages.sendMedia"; any when left out. */
  method: Schema.optionalKey(Schema.NonEmptyString),
  /** For uploads: only this part, the first is 0. */
  part: Schema.optionalKey(Schema.Int),
  /** Which of the matching calls is the first that goes wrong; 1 when left out. */
  nth: Schema.optionalKey(Positive),
  /** How many go wrong from then on; 1 when left out. */
  times: Schema.optionalKey(Schema.Union([Positive, Schema.Literal("always")])),
  /** Of the calls that would go wrong, this share does, by a die of its own with this seed. */
  chance: Schema.optionalKey(
    Schema.Struct({ of: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })), seed: Schema.Int }),
  ),
  effect: FaultEffect,
})
export type FaultRule = typeof FaultRule.Type

/** A rule that is in force. */
export const Fault = Schema.Struct({
  id: Schema.Int,
  rule: FaultRule,
  /** How many calls it has matched, and how many of them went wrong. */
  matched: Schema.Int,
  struck: Schema.Int,
  /** How many calls stand still because of it now. */
  held: Schema.Int,
})
export type Fault = typeof Fault.Type
