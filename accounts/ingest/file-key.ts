import { createHash } from "node:crypto"

/**
 * Says which files a set is made of: equal for equal files in the same order, wherever they were posted or forwarded, as
 * Telegram gives a file one id for all of them. Null when it does not tell one of the ids.
 */
export const fileKeyOf = (
  volumes: ReadonlyArray<{ readonly uniqueId: string; readonly bytes: number }>,
): string | null => {
  if (volumes.length === 0 || volumes.some(({ uniqueId }) => uniqueId === "")) return null
  const hash = createHash("sha256")
  for (const { bytes, uniqueId } of volumes) hash.update(JSON.stringify([uniqueId, bytes]))
  return hash.digest("hex")
}
