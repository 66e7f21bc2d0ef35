import * as Plot from "@observablehq/plot"
import { DOMParser } from "linkedom"
import type { BarChart, Chart, LineChart } from "./chart.ts"

const WIDTH = 680
const ROW_HEIGHT = 24
const LINE_HEIGHT = 15
/** Told apart by people who see few colours, on white and on black (after Okabe and Ito). */
const COLOURS = ["#2f81d0", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9"]
/** Has the same colour everywhere. */
const OURS = "this worker"
const BESIDE = { dx: -8, textAnchor: "end" } as const
/** A picture does not know what page shows it, but whether its reader has chosen light or dark. */
const STYLE = "svg { color: #1f2328 } @media (prefers-color-scheme: dark) { svg { color: #e6edf3 } }"

const namesOf = (all: ReadonlyArray<{ readonly who: string }>): ReadonlyArray<string> => [
  ...new Set(all.map(({ who }) => who)),
]

/** A line for the group's name, and below it one for each bar. */
const drawBars = ({ bars, unit }: BarChart): Plot.PlotOptions => {
  const groups = [...new Set(bars.map(({ group }) => group))]
  const rows = bars.map((bar, index) => ({ ...bar, row: String(index) }))
  const domain = groups.flatMap((group) => [group, ...rows.filter((one) => one.group === group).map(({ row }) => row)])
  return {
    marginLeft: 230,
    marginRight: 60,
    height: 40 + ROW_HEIGHT * domain.length,
    x: { label: unit, grid: true },
    y: { axis: null, domain },
    marks: [
      Plot.text(groups, {
        x: 0,
        y: (group: string) => group,
        text: (group: string) => group,
        ...BESIDE,
        fontWeight: "bold",
      }),
      Plot.text(rows, { x: 0, y: "row", text: "who", ...BESIDE }),
      Plot.barX(rows, { x: "value", y: "row", fill: "who", insetTop: 2, insetBottom: 2 }),
      Plot.text(rows, { x: "value", y: "row", text: "value", dx: 4, textAnchor: "start" }),
      Plot.ruleX([0]),
    ],
  }
}

const drawLines = ({ points, scale, x, y }: LineChart): Plot.PlotOptions => ({
  marginLeft: 60,
  marginRight: 30,
  height: 320,
  x: {
    label: x,
    type: scale,
    grid: true,
    ...(scale === "log" ? { ticks: [...new Set(points.map((one) => one.x))] } : {}),
  },
  y: { label: y, type: scale, grid: true, tickFormat: "~g" },
  color: { legend: false },
  marks: [
    Plot.lineY(points, { x: "x", y: "y", stroke: "who", strokeWidth: 2 }),
    Plot.dot(points, { x: "x", y: "y", fill: "who" }),
    ...namesOf(points).map((who, line) =>
      Plot.text([who], {
        text: [`● ${who}`],
        fill: () => who,
        frameAnchor: "top-left",
        dx: 10,
        dy: 10 + LINE_HEIGHT * line,
        textAnchor: "start",
        fontWeight: "bold",
      }),
    ),
  ],
})

/** The chart as an SVG document, readable on light and on dark pages. */
export const drawChart = (chart: Chart): string => {
  const document = new DOMParser().parseFromString("<svg/>", "image/svg+xml")
  const names = namesOf(chart.kind === "bars" ? chart.bars : chart.points)
  const who = names.includes(OURS) ? [OURS, ...names.filter((name) => name !== OURS)] : names
  const svg = Plot.plot({
    ...(chart.kind === "bars" ? drawBars(chart) : drawLines(chart)),
    document,
    width: WIDTH,
    ariaLabel: chart.title,
    style: { fontSize: "12px" },
    color: { domain: who, range: COLOURS.slice(0, who.length) },
  })
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg")
  const style = document.createElement("style")
  style.textContent = STYLE
  svg.append(style)
  return `${svg.outerHTML}\n`
}
