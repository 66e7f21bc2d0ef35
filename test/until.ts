import { setTimeout as sleep } from "node:timers/promises"

/** Looks every so many milliseconds whether something is so; false when it was not within `limit` milliseconds. */
export const until = async (limit: number, isSo: () => Promise<boolean> | boolean, every = 50): Promise<boolean> => {
  const end = performance.now() + limit
  for (;;) {
    if (await isSo()) return true
    if (performance.now() > end) return false
    await sleep(every)
  }
}
