/** The accounts: what each does, why it waits, and what it can be told to do. */

import { makeActivity } from "./activities.js"
import { button, byId, element, setText, showItems } from "./dom.js"
import { makeLogin } from "./login.js"
import { counted, dotted, time, withLocalTimes } from "./words.js"
import { act } from "./worker.js"

const stateClasses = {
  ingesting: "good",
  idle: "good",
  settling: "good",
  parked: "bad",
  backing_off: "bad",
}

/** What an account may be told, and in which of its states that makes sense. */
const turns = [
  ["run", "Run now", (state) => state !== "ingesting" && state !== "draining" && state !== "disabled"],
  ["cancel", "Cancel cycle", (state) => state === "ingesting" || state === "draining"],
  ["pause", "Pause", (state) => state !== "paused" && state !== "disabled"],
  ["resume", "Resume", (state) => state === "paused" || state === "draining"],
  ["restart", "Restart", (state) => state !== "disabled"],
  ["disable", "Disable", (state) => state !== "disabled"],
  ["enable", "Enable", (state) => state === "disabled"],
]

const makeTurns = ({ id, label }) => {
  const buttons = turns.map(([turn, text, isOffered]) => ({
    isOffered,
    element: button(text, label, () => act(`/api/accounts/${encodeURIComponent(id)}/turn`, { turn })),
  }))
  const update = ({ state }) => {
    for (const { element, isOffered } of buttons) element.hidden = !isOffered(state)
  }
  return { element: element("p", "buttons", ...buttons.map((one) => one.element)), update }
}

const line = () => {
  const made = element("li", "bad")
  return { element: made, update: (text) => setText(made, text) }
}

const outcomes = ({ counts }) =>
  Object.entries(counts)
    .flatMap(([outcome, count]) => (count > 0 ? [`${count} ${outcome}`] : []))
    .join(", ")

const makeCard = (account) => {
  const state = element("span", "")
  const label = element("span", "")
  const reason = element("p", "")
  const activities = element("div", "")
  const failed = element("ul", "")
  const facts = element("p", "faint")
  const restart = element("p", "faint")
  const login = makeLogin(account)
  const buttons = makeTurns(account)
  const card = element(
    "article",
    "card",
    element("h3", "", label, state),
    reason,
    login.element,
    activities,
    failed,
    facts,
    restart,
    buttons.element,
  )
  const update = (now) => {
    setText(label, now.label)
    setText(state, now.state.replace("_", " "))
    state.className = stateClasses[now.state] ?? "wait"
    setText(reason, dotted(withLocalTimes(now.reason), now.waits))
    showItems(activities, now.activities, ({ name }) => name, makeActivity)
    showItems(failed, now.failedSources, (source) => source, line)
    setText(
      facts,
      dotted(
        now.phone,
        now.isPremium ? "premium" : "",
        now.since === null ? "" : `since ${time(now.since)}`,
        counted(now.cyclesDone, "cycle"),
        outcomes(now),
        now.restarts > 0 ? `${counted(now.restarts, "restart")} lately` : "",
      ),
    )
    const { lastRestart } = now
    setText(
      restart,
      lastRestart === null ? "" : `Last restart ${time(lastRestart.at)}: ${withLocalTimes(lastRestart.reason)}`,
    )
    login.update(now)
    buttons.update(now)
  }
  return { element: card, update }
}

/** What Telegram has an account wait for, in words. */
const waitWords = ({ cause, kind, since, until }) =>
  cause === "flood"
    ? `waiting for Telegram: ${kind} until ${time(until)}`
    : `throttled by Telegram, ${kind}, since ${time(since)}`

/** An account that no worker runs, as far as the page shows it. */
const disabled = {
  state: "disabled",
  reason: "",
  since: null,
  isPremium: false,
  cyclesDone: 0,
  restarts: 0,
  lastRestart: null,
  activities: [],
  counts: {},
  failedSources: [],
}

/** Those that the worker runs, and those that it may not; of these it may still have closed one. */
const allOf = (accounts, disabledAccounts) => {
  const known = new Set(accounts.map(({ id }) => id))
  const off = new Set(disabledAccounts.map(({ id }) => id))
  return [
    ...accounts.map((account) =>
      off.has(account.id) && account.state === "stopped" ? { ...account, state: "disabled" } : account,
    ),
    ...disabledAccounts.flatMap((account) => (known.has(account.id) ? [] : [{ ...disabled, ...account }])),
  ]
}

export const showAccounts = ({ accounts, at }, { disabledAccounts, waits }) => {
  const shown = allOf(accounts, disabledAccounts).map((account) => ({
    ...account,
    activities: account.activities.map((activity) => ({ ...activity, at })),
    waits: waits
      .filter(({ accountId }) => accountId === account.id)
      .map(waitWords)
      .join("; "),
  }))
  showItems(byId("accounts"), shown, ({ id }) => id, makeCard)
}
