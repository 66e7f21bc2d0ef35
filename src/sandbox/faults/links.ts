import * as Schema from "effect/Schema"
import { type LinkShape, OPEN_LINK } from "../protocol/link.ts"

const BytesPerSecond = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000_000_000 }))

/** How the connections of one account, or of everybody, behave from now on. */
export const LinkRule = Schema.Struct({
  /** Phone; every connection when left out. */
  account: Schema.optionalKey(Schema.String),
  bytesPerSecond: Schema.optionalKey(
    Schema.Struct({ up: Schema.optionalKey(BytesPerSecond), down: Schema.optionalKey(BytesPerSecond) }),
  ),
  /** Nothing passes, though connections stay open and new ones are accepted. */
  halted: Schema.optionalKey(Schema.Boolean),
})
export type LinkRule = typeof LinkRule.Type

/** The shapes of links by account. The latest rule for an account stands before the latest for everybody. */
export class Links {
  readonly #byAccount = new Map<string, LinkShape>()
  #everybody = OPEN_LINK

  set({ account, bytesPerSecond = {}, halted = false }: LinkRule): void {
    const shape: LinkShape = { ...bytesPerSecond, isHalted: halted }
    if (account === undefined) this.#everybody = shape
    else this.#byAccount.set(account, shape)
  }

  /** Every link is an ordinary one again. */
  clear(): void {
    this.#byAccount.clear()
    this.#everybody = OPEN_LINK
  }

  /** account: phone of who is logged in with the connection's key. */
  shapeOf(account: string | undefined): LinkShape {
    return (account === undefined ? undefined : this.#byAccount.get(account)) ?? this.#everybody
  }
}
