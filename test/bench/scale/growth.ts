import type { LineChart } from "../chart.ts"
import { atMost, type BenchResult, report } from "../measure.ts"

/** Something that was measured at several sizes, smallest first. */
export interface Growth {
  readonly name: string
  readonly unit: string
  readonly points: ReadonlyArray<{ readonly size: number; readonly value: number }>
}

const rounded = (value: number): number => Number(value.toPrecision(3))

/** How much more it is at the largest size, which must not be more than the size itself has grown. */
export const growthResult = (of: string, { name, points, unit }: Growth, command: string): BenchResult => {
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined) throw new Error(`${name} was not measured`)
  const seen = points.map(({ size, value }) => `${rounded(value)} ${unit} at ${size}`).join(", ")
  return report(
    atMost(
      `Growth with ${of}: ${name} (${seen})`,
      "times as much",
      [last.value / first.value],
      `as ${of}`,
      last.size / first.size,
      command,
    ),
  )
}

/** What is measured, against what it would be if it grew as the size does from the smallest on. */
export const growthChart = (file: string, of: string, growths: ReadonlyArray<Growth>): LineChart => ({
  kind: "lines",
  name: file,
  title: `Growth with ${of}`,
  x: of,
  y: "times as at the smallest",
  scale: "log",
  points: [
    ...growths.flatMap(({ name, points }) =>
      points.map(({ size, value }) => ({ who: name, x: size, y: rounded(value / (points[0]?.value ?? 1)) })),
    ),
    ...(growths[0]?.points ?? []).map(({ size }) => ({
      who: "linear",
      x: size,
      y: rounded(size / (growths[0]?.points[0]?.size ?? 1)),
    })),
  ],
})
