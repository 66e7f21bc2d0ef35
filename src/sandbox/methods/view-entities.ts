import type { tl } from "@mtcute/tl"
import type { TlObject, Wire } from "../protocol/tl-types.ts"

/**
 * The entities of a text that lie within it, in UTF-16 units as a JavaScript string counts them
 * (core.telegram.org/api/entities#entity-length). Others are left out, as a client may send anything: TDLib takes a text
 * with a wrong one for broken.
 */
export const viewEntities = (text: string, entities: readonly TlObject[]): Wire<tl.TypeMessageEntity>[] | undefined => {
  const within = (entities as readonly Wire<tl.TypeMessageEntity>[]).filter(
    ({ offset, length }) => offset >= 0 && length > 0 && offset + length <= text.length,
  )
  return within.length > 0 ? within : undefined
}
