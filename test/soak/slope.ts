/** The middle of the values; of an even number of them, the middle between the two in the middle. */
export const medianOf = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2
}

/**
 * How fast a series grows, by Theil and Sen: the median of the slopes between all pairs of points. Up to 29 % of the
 * points may be anything without moving it far, as when processes are missing for a while.
 */
export const slopeOf = (points: ReadonlyArray<readonly [x: number, y: number]>): number => {
  const slopes = points.flatMap(([x1, y1], index) =>
    points.slice(index + 1).flatMap(([x2, y2]) => (x1 === x2 ? [] : [(y2 - y1) / (x2 - x1)])),
  )
  return slopes.length === 0 ? 0 : medianOf(slopes)
}
