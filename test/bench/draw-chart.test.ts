import { describe, expect, it } from "vitest"
import { drawChart } from "./draw-chart.ts"

describe("a chart", () => {
  const bars = drawChart({
    kind: "bars",
    name: "throttled",
    title: "Seconds <of> two workers",
    unit: "s",
    bars: [
      { group: "1 account", who: "this worker", value: 42 },
      { group: "1 account", who: "another worker", value: 72.1 },
    ],
  })

  it("of bars names each, with its value, and the group that they are of", () => {
    for (const text of [">1 account<", ">this worker<", ">another worker<", ">42<", ">72.1<"])
      expect(bars).toContain(text)
  })

  it("has a name for those who cannot see it, and is text all the same", () => {
    expect(bars).toContain('aria-label="Seconds &lt;of&gt; two workers"')
    expect(bars).not.toContain("<script")
  })

  it("is readable on dark pages too", () => {
    expect(bars).toContain("prefers-color-scheme: dark")
    expect(bars).toContain("currentColor")
  })

  it("of lines names each", () => {
    const points = [1, 10, 100].flatMap((x) => [
      { who: "calls", x, y: x / 2 },
      { who: "linear", x, y: x },
    ])
    const lines = drawChart({
      kind: "lines",
      name: "growth",
      title: "Growth",
      x: "messages",
      y: "times",
      scale: "log",
      points,
    })
    for (const text of [">● calls<", ">● linear<"]) expect(lines).toContain(text)
  })
})
