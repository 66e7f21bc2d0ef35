/**
 * The sets that are on their way, with their speed and the time that they will take. Speeds go by the worker's clock: how
 * late the page hears of something says nothing of it.
 */

import { element, setText } from "./dom.js"
import { size, timeLeft } from "./words.js"

/** Over so many milliseconds a speed is taken: transfers come in pieces. */
const COURSE = 10_000

/** What was seen of this transfer lately, the present last. */
const courseWith = (before, { at, doneBytes, stage }) => {
  const last = before.at(-1)
  if (last === undefined || last.stage !== stage || last.doneBytes > doneBytes) return [{ at, doneBytes, stage }]
  const recent = before.filter((seen) => at - seen.at <= COURSE)
  return [...(recent.length === 0 ? [last] : recent), { at, doneBytes, stage }]
}

const speedOf = (course) => {
  const [first, last] = [course[0], course.at(-1)]
  return last.at > first.at ? ((last.doneBytes - first.doneBytes) * 1000) / (last.at - first.at) : undefined
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
  let course = []
  const update = (activity) => {
    const { doneBytes, name, stage, totalBytes } = activity
    course = courseWith(course, activity)
    setText(title, `${stage} ${name}`)
    setText(facts, words(activity, speedOf(course)))
    bar.max = Math.max(1, totalBytes)
    bar.value = doneBytes
    bar.setAttribute("aria-label", `${stage} ${name}`)
  }
  return { element: element("div", "activity", title, facts, bar), update }
}
