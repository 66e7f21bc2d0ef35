const units = ["KiB", "MiB", "GiB", "TiB"] as const

/** A number of bytes for people: 1.4 GiB. */
export const bytesInWords = (bytes: number): string => {
  if (bytes < 1024) return `${bytes} B`
  const power = Math.min(units.length, Math.floor(Math.log2(bytes) / 10))
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1]}`
}
