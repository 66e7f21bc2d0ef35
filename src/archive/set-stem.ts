import { recogniseName } from "./volume-name.ts"

const joinedExtension = /\.(?:7z|zip|rar|tar)$/

/**
 * What the names of a set and of its late volumes have in common: `Castle.7z`, `Castle.7z.001` and `Castle.7z.003` have
 * the same stem, and so have `Orc.part1.rar` and `Orc.part9.rar`. For finding sets that may belong together, not for
 * joining them.
 */
export const setStem = (name: string): string => {
  const stem = recogniseName(name)?.plainStemKey ?? name.toLowerCase()
  return stem.replace(joinedExtension, "")
}
