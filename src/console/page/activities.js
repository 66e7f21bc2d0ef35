/**
 * The sets that are on their way, with their speed and the time that they will take. Speeds go by the worker's clock: how
 * late the page hears of something says nothing of it.
 */

import { element, setText } from "./dom.js"
import { size, timeLeft } from "./words.js"

/** How much of a new measurement goes into the speed that is shown. */
const WEIGHT = 0.3

const speedOf = (before, activity) => {
  if (before === undefined || before.stage !== activity.stage) return undefined
  const seconds = (activity.at - before.at) / 1000
  if (seconds <= 0 || activity.doneBytes < before.doneBytes) return before.speed
  const speed = (activity.doneBytes - before.doneBytes) / seconds
  return before.speed === undefined ? speed : before.speed * (1 - WEIGHT) + speed * WEIGHT
}

const words = ({ doneBytes, totalBytes }, speed) => {
  const done = ` ${size(doneBytes)} of ${size(totalBytes)}`
  if (speed === undefined || speed < 1) return done
  return `${done}, ${size(speed)}/s, ${timeLeft((totalBytes - doneBytes) / speed)}`
}

export const makeActivity = () => {
  const title = element("span", "")
  const facts = element("span", "faint")
  const bar = element("progress", "")
  let before
  const update = (activity) => {
    const { at, doneBytes, name, stage, totalBytes } = activity
    const speed = speedOf(before, activity)
    before = { stage, doneBytes, at, speed }
    setText(title, `${stage} ${name}`)
    setText(facts, words(activity, speed))
    bar.max = Math.max(1, totalBytes)
    bar.value = doneBytes
    bar.setAttribute("aria-label", `${stage} ${name}`)
  }
  return { element: element("div", "activity", title, facts, bar), update }
}
