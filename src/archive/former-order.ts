import type { Family } from "./archive-set.ts"

/**
 * The order in which the former worker joined the volumes of a set for its digest, where that is another than theirs: it took
 * the .rar beside .r00, .r01 ... for the last volume, and it is the first (facts of the former worker, W-8). Undefined: it is
 * the same, or the former worker did not know such a set.
 */
export const inFormerOrder = <V>(
  family: Family,
  volumes: ReadonlyArray<V>,
  nameOf: (volume: V) => string,
): ReadonlyArray<V> | undefined => {
  const [first, ...others] = volumes
  if (family !== "rar_old" || first === undefined || others.length === 0) return undefined
  // .s00 and self-extracting first volumes were no volumes to it.
  const isKnown = /\.rar$/i.test(nameOf(first)) && others.every((volume) => /\.r\d{2}$/i.test(nameOf(volume)))
  return isKnown ? [...others, first] : undefined
}
