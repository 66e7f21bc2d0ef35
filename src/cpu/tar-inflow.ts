/** Lists a tar, compressed or not, out of the chunks of a pass that is made anyway. */
import type { TarLister } from "../archive/tar-listing.ts"
import type { Cancellation } from "./cancellation.ts"
import { Inflow } from "./inflow.ts"
import type { TarListing } from "./jobs.ts"

/** Feeds `lister`. Push the chunks of one stream in order, awaiting each, then `end`. `stop` frees what it holds, at any time. */
export class TarInflow {
  readonly #lister: TarLister
  readonly #inflow: Inflow

  constructor(lister: TarLister, cancellation: Cancellation) {
    this.#lister = lister
    this.#inflow = new Inflow(lister, cancellation)
  }

  /** Takes the next bytes; once the promise (if any) is fulfilled the chunk may be reused. */
  push(chunk: Uint8Array): Promise<void> | undefined {
    return this.#inflow.push(chunk)
  }

  /** Ends the stream; null when it was no tar. One that cannot be unpacked at all is damaged: nothing says what it was. */
  async end(): Promise<TarListing | null> {
    const end = await this.#inflow.end()
    const { listing, state } = this.#lister.end()
    if (state === "not_tar" && !(end === "failed" && this.#lister.isEmpty)) return null
    const isWhole = state === "whole" && end === "whole"
    const truncated = listing.truncated || end === "bomb"
    return { ...listing, truncated, damaged: !isWhole && end !== "bomb" }
  }

  stop(): void {
    this.#inflow.stop()
  }
}
