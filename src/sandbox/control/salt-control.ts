import * as Schema from "effect/Schema"

/** Changes every server salt now. */
export const SaltsToRotate = Schema.Struct({
  /** For how many seconds the salts of before are still accepted; 1800, as Telegram does, when left out. */
  overlap: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 86_400 }))),
})
