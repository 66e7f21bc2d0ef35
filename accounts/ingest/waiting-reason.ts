const withoutStop = (sentence: string): string => sentence.replace(/\.$/, "")

/**
 * Why a set waits, and since when: `why` is a sentence or the beginning of one, `newestSeconds` the unix time at which
 * its newest volume was posted, from which MULTIPART_TIMEOUT_HOURS counts.
 */
export const waitingReason = (why: string, newestSeconds: number): string =>
  `${withoutStop(why)}; waiting since ${new Date(newestSeconds * 1000).toISOString().slice(0, 16)}Z`

/** Why a set is skipped that has waited for so many hours. */
export const gaveUp = (why: string, hours: number): string => `${withoutStop(why)}; gave up after ${hours} h`
