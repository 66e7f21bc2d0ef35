/** What is compared side by side: `group` is what was done, `who` did it. */
export interface BarChart {
  readonly kind: "bars"
  /** Of its file, without the ending. */
  readonly name: string
  readonly title: string
  readonly unit: string
  readonly bars: ReadonlyArray<{ readonly group: string; readonly who: string; readonly value: number }>
}

/** How something grows with something else. */
export interface LineChart {
  readonly kind: "lines"
  readonly name: string
  readonly title: string
  readonly x: string
  readonly y: string
  /** How far apart numbers stand: by their difference or by their ratio. */
  readonly scale: "linear" | "log"
  readonly points: ReadonlyArray<{ readonly who: string; readonly x: number; readonly y: number }>
}

/** A picture of what was measured, as the bench's JSON holds it. */
export type Chart = BarChart | LineChart
