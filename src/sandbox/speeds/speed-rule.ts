import * as Schema from "effect/Schema"

const BytesPerSecond = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000_000_000 }))

/** Bytes per second of uploads and downloads; as many as there is time for where nothing is said. */
export const Speed = Schema.Struct({
  up: Schema.optionalKey(BytesPerSecond),
  down: Schema.optionalKey(BytesPerSecond),
})
export type Speed = typeof Speed.Type

/** How fast an account, or every one of a kind, may be from now on. */
export const SpeedRule = Schema.Struct({
  /** Phone; everybody who has no rule of his own when left out. */
  account: Schema.optionalKey(Schema.String),
  /** Of everybody, those with Telegram Premium or those without alone. */
  premium: Schema.optionalKey(Schema.Boolean),
  ...Speed.fields,
}).check(
  Schema.makeFilter(({ account, premium }) =>
    account !== undefined && premium !== undefined ? "Expected no premium beside account" : undefined,
  ),
)
export type SpeedRule = typeof SpeedRule.Type

/** The speeds that a world begins with. */
export const WorldSpeed = Schema.Struct({
  free: Schema.optionalKey(Speed),
  premium: Schema.optionalKey(Speed),
})
export type WorldSpeed = typeof WorldSpeed.Type
