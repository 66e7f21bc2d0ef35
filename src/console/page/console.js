/** The page of the console: what the worker does, live, and what it can be told to do. */

import { showAccounts } from "./accounts.js"
import { offerAccounts, prepareChannels, showChannels } from "./channels.js"
import { showThroughput } from "./chart.js"
import { byId, onSubmit, setText } from "./dom.js"
import { showDepartures, showLibrary } from "./library.js"
import { lookAtLogins } from "./login.js"
import { showOverview, showWaiting } from "./overview.js"
import { act, afterActions, again, get, getJson, pause } from "./worker.js"

const RETRY_MILLISECONDS = 3_000
const LOGINS_EVERY_MILLISECONDS = 1_500
const OVERVIEW_EVERY_MILLISECONDS = 5_000
const SLOW_EVERY_MILLISECONDS = 15_000

let seen = { at: 0, accounts: [], departures: [] }
let overview = { disabledAccounts: [], waits: [] }

const showStatus = (status) => {
  seen = status
  showAccounts(seen, overview)
  offerAccounts(seen.accounts)
  showDepartures(seen.departures)
}

const look = async () => {
  overview = await showOverview()
  showAccounts(seen, overview)
}

/** Not an EventSource: that cannot show a token. */
const follow = async () => {
  const response = await get("/api/status/events")
  setText(byId("connection"), "live")
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ""
  for (;;) {
    const { done, value } = await reader.read()
    if (done) throw new Error("the worker ended it")
    const events = (text + value).split("\n\n")
    text = events.pop()
    for (const event of events) {
      const data = event.split("\n").flatMap((one) => (one.startsWith("data:") ? [one.slice(5).trim()] : []))
      if (data.length > 0) showStatus(JSON.parse(data.join("\n")))
    }
  }
}

const prepareAccounts = () =>
  onSubmit(byId("add-form"), async () => {
    const name = byId("name").value.trim()
    if (!(await act("/api/accounts", { phone: byId("phone").value, name: name === "" ? null : name }))) return
    byId("add-form").reset()
    byId("add-account").open = false
  })

const begin = () => {
  byId("work").hidden = false
  // The others fail with this one, or concern what is gone, and are asked again.
  again(follow, RETRY_MILLISECONDS, ({ message }) =>
    setText(byId("connection"), `no connection to the worker (${message}), trying again`),
  )
  again(lookAtLogins, LOGINS_EVERY_MILLISECONDS)
  again(look, OVERVIEW_EVERY_MILLISECONDS)
  again(showThroughput, OVERVIEW_EVERY_MILLISECONDS)
  again(showLibrary, SLOW_EVERY_MILLISECONDS)
  again(showChannels, SLOW_EVERY_MILLISECONDS)
}

/** Waits until the worker has what it needs to begin, and says what that is. */
const awaitSetup = async () => {
  for (;;) {
    try {
      const { missing } = await getJson("/api/setup")
      if (missing.length === 0) return
      showWaiting(missing)
      setText(byId("connection"), "waits for its settings")
    } catch ({ message }) {
      setText(byId("connection"), `no connection to the worker (${message}), trying again`)
    }
    await pause(RETRY_MILLISECONDS)
  }
}

prepareAccounts()
prepareChannels()
afterActions(() => look().catch(() => undefined))
await awaitSetup()
begin()
