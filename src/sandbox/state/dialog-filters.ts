import * as Schema from "effect/Schema"
import type { TlObject } from "../protocol/tl-types.ts"

/** A chat folder of an account was made, changed or, with null, removed; or the folders were put in this order. */
export const DialogFilterRecord = Schema.Union([
  Schema.Struct({
    type: Schema.Literal("dialog-filter"),
    phone: Schema.String,
    id: Schema.Int,
    /** The encoded dialogFilter in base64. */
    filter: Schema.NullOr(Schema.String),
  }),
  Schema.Struct({ type: Schema.Literal("dialog-filter-order"), phone: Schema.String, order: Schema.Array(Schema.Int) }),
])
export type DialogFilterRecord = typeof DialogFilterRecord.Type

/** The id of the folder with all chats, which is none of these but has its place among them. */
export const ALL_CHATS_FILTER_ID = 0
/** Smaller ids mean all chats and the archive (core.telegram.org/api/folders#folder-ids). */
export const FIRST_FILTER_ID = 2

/** The chat folders of one account, in the order in which it wants them. */
export class DialogFilters {
  readonly #filters = new Map<number, TlObject>()
  #order: readonly number[] = [ALL_CHATS_FILTER_ID]

  set(id: number, filter: TlObject): void {
    if (!this.#filters.has(id)) this.#order = [...this.#order, id]
    this.#filters.set(id, filter)
  }

  remove(id: number): void {
    this.#filters.delete(id)
    this.#order = this.#order.filter((other) => other !== id)
  }

  /** Ids left out of the order come last. */
  reorder(order: readonly number[]): void {
    const known = new Set([ALL_CHATS_FILTER_ID, ...this.#filters.keys()])
    const wanted = [...new Set(order)].filter((id) => known.has(id))
    this.#order = [...wanted, ...[...known].filter((id) => !wanted.includes(id))]
  }

  /** The folders in order; undefined stands for the one with all chats. */
  all(): readonly (TlObject | undefined)[] {
    return this.#order.map((id) => this.#filters.get(id))
  }
}
