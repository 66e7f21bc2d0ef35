/** How fast the accounts' files came and went in the last half hour. */

import { byId, element, setText, showItems } from "./dom.js"
import { size } from "./words.js"
import { getJson } from "./worker.js"

const SVG = "http://www.w3.org/2000/svg"
const WIDTH = 600
const HEIGHT = 100

/** A line through the rates, the newest at the right edge. */
const pathOf = (rates, steps, top) =>
  rates
    .map((rate, index) => {
      const x = ((steps - rates.length + index) / Math.max(1, steps - 1)) * WIDTH
      return `${index === 0 ? "M" : "L"}${x.toFixed(1)} ${(HEIGHT - (rate / top) * HEIGHT).toFixed(1)}`
    })
    .join("")

const newLine = (className) => {
  const path = document.createElementNS(SVG, "path")
  path.classList.add(className)
  return path
}

const makeChart = () => {
  const down = newLine("down")
  const up = newLine("up")
  const picture = document.createElementNS(SVG, "svg")
  picture.setAttribute("viewBox", `0 -2 ${WIDTH} ${HEIGHT + 4}`)
  picture.setAttribute("preserveAspectRatio", "none")
  picture.setAttribute("role", "img")
  picture.append(down, up)
  const name = element("figcaption", "")
  const update = ({ label, steps, top, ...account }) => {
    const last = (rates) => size(rates.at(-1) ?? 0)
    const words = `${label}: ${last(account.down)}/s down, ${last(account.up)}/s up; top of the scale ${size(top)}/s`
    setText(name, words)
    picture.setAttribute("aria-label", `Throughput of ${words}`)
    down.setAttribute("d", pathOf(account.down, steps, top))
    up.setAttribute("d", pathOf(account.up, steps, top))
  }
  return { element: element("figure", "chart", name, picture), update }
}

/** All accounts have the same scale, so that they can be compared. */
export const showThroughput = async () => {
  const { accounts } = await getJson("/api/throughput")
  const top = Math.max(1000, ...accounts.flatMap(({ down, up }) => [...down, ...up]))
  const steps = Math.max(...accounts.map(({ down }) => down.length), 60)
  showItems(
    byId("throughput"),
    accounts.map((account) => ({ ...account, steps, top })),
    ({ accountId }) => accountId,
    makeChart,
  )
}
