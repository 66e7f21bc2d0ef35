/** Everything at a glance, and what is still to be set up. */

import { byId, element, setText, showItems } from "./dom.js"
import { size } from "./words.js"
import { getJson } from "./worker.js"

const tilesOf = (overview) => [
  ["Packages", String(overview.packages)],
  ["Stored", size(overview.packageBytes)],
  ["Under way", String(overview.claimedSets)],
  ["Put off", String(overview.deferredSets)],
  ["Incomplete", String(overview.waitingSets)],
  ["Skipped", String(overview.skippedSets)],
  ["Missing", String(overview.missingPackages)],
  ["Disk free", overview.freeBytes === null ? "unknown" : size(overview.freeBytes)],
]

const makeTile = ([name]) => {
  const value = element("dd", "")
  return { element: element("div", "tile", element("dt", "", name), value), update: ([, text]) => setText(value, text) }
}

/**
 * The way from nothing to the first archive; the first step that is not done is what to do now. `missing`: settings without
 * which the worker cannot begin.
 */
const stepsOf = ({ accounts, destination, loggedIn, missing, packages, sources }) => [
  [
    missing.length === 0
      ? "Get an API id from Telegram"
      : `Get an API id from Telegram: log in at my.telegram.org with any account of yours, open "API development tools", fill in the form (any name will do), and set ${missing.join(" and ")} where the worker is started: beside it in .env and secrets/telegram_api_hash with Docker Compose, else in its environment. Then start it again; this page goes on by itself`,
    missing.length === 0,
  ],
  ["Add an account, below: by its phone number", accounts > 0],
  ["Log it in: type the code that Telegram sends, or scan a QR code", loggedIn > 0],
  ["Choose the destination, where everything is published", destination !== null],
  ["Choose the sources that are read", sources > 0],
  ["The first archive arrives by itself", packages > 0],
]

const makeStep = () => {
  const made = element("li", "")
  const update = ([text, isDone, isNext]) => {
    setText(made, isDone ? `${text}: done` : text)
    made.className = isDone ? "good" : isNext ? "next" : "faint"
    if (isNext) made.setAttribute("aria-current", "step")
    else made.removeAttribute("aria-current")
  }
  return { element: made, update }
}

const showGuide = (overview) => {
  const steps = stepsOf(overview)
  const next = steps.findIndex(([, isDone]) => !isDone)
  byId("guide").hidden = next === -1
  showItems(
    byId("steps"),
    steps.map(([text, isDone], index) => [text, isDone, index === next]),
    ([text]) => text,
    makeStep,
  )
}

/** The steps of a worker that has not begun. */
export const showWaiting = (missing) =>
  showGuide({ accounts: 0, destination: null, loggedIn: 0, missing, packages: 0, sources: 0 })

/** Resolves with what it has shown. */
export const showOverview = async () => {
  const overview = await getJson("/api/overview")
  showItems(byId("tiles"), tilesOf(overview), ([name]) => name, makeTile)
  showGuide({ ...overview, missing: [] })
  if (overview.accounts === 0) byId("add-account").open = true
  return overview
}
