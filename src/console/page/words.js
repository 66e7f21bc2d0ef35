/** Numbers and times as people read them. */

const units = ["B", "kB", "MB", "GB", "TB", "PB"]

export const size = (bytes) => {
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`
}

export const counted = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`

export const time = (when) => new Date(when).toLocaleString()

/** The worker's own times, in texts of its, as the reader's clock has them. */
export const withLocalTimes = (text) => text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, time)

export const timeLeft = (seconds) => {
  if (seconds < 60) return `${Math.ceil(seconds)} s left`
  if (seconds < 3600) return `${Math.round(seconds / 60)} min left`
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min left`
}

/** Those that say something, with dots between them. */
export const dotted = (...texts) => texts.filter((text) => text !== null && text !== "").join(" · ")
