/**
 * Why a set waits, and since when: `why` is a sentence or the beginning of one, `newestSeconds` the unix time at which
 * its newest volume was posted, from which MULTIPART_TIMEOUT_HOURS counts.
 */
export const waitingReason = (why: string, newestSeconds: number): string =>
  `${why.replace(/\.$/, "")}; waiting since ${new Date(newestSeconds * 1000).toISOString().slice(0, 16)}Z`
