/** The page of the console. Names come from strangers: they are put into the page as text, and never as anything else. */

const SLOW_EVERY_MILLISECONDS = 15_000
const RETRY_MILLISECONDS = 3_000

const stateClasses = {
  ingesting: "good",
  idle: "good",
  settling: "good",
  parked: "bad",
  backing_off: "bad",
}
const outcomeClasses = { published: "good", duplicate: "good", skipped: "bad", waiting: "wait", deferred: "wait" }

const byId = (id) => document.getElementById(id)

/** An element with a class, and children that are elements or texts. */
const element = (tag, className, ...children) => {
  const made = document.createElement(tag)
  if (className !== "") made.className = className
  made.append(...children)
  return made
}

const units = ["B", "kB", "MB", "GB", "TB"]
const size = (bytes) => {
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`
}
const counted = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`
const time = (when) => new Date(when).toLocaleString()

const authorization = () => {
  const token = sessionStorage.getItem("token")
  return token === null ? {} : { authorization: `Bearer ${token}` }
}

const askForToken = () => {
  byId("token-form").hidden = false
  byId("token").focus()
}
byId("token-form").addEventListener("submit", (event) => {
  event.preventDefault()
  sessionStorage.setItem("token", byId("token").value)
  byId("token").value = ""
  byId("token-form").hidden = true
  start()
})

/** How far each activity was when, for its speed. */
let before = new Map()
const speedOf = (key, activity, now) => {
  const last = before.get(key)
  if (last === undefined || last.stage !== activity.stage || now <= last.at) return ""
  const speed = ((activity.doneBytes - last.doneBytes) / (now - last.at)) * 1000
  return speed > 0 ? `, ${size(speed)}/s` : ""
}

const activityLine = (activity, speed) => {
  const { doneBytes, name, stage, totalBytes } = activity
  const bar = element("progress", "")
  bar.max = Math.max(1, totalBytes)
  bar.value = doneBytes
  bar.setAttribute("aria-label", `${stage} ${name}`)
  return element(
    "p",
    "",
    `${stage} ${name}`,
    element("span", "faint", ` ${size(doneBytes)} of ${size(totalBytes)}${speed}`),
    bar,
  )
}

const accountCard = (account, now) => {
  const { activities, cyclesDone, failedSources, id, isPremium, label, reason, restarts, since, state } = account
  const card = element(
    "article",
    "card",
    element(
      "h3",
      "",
      element("span", "", label),
      element("span", stateClasses[state] ?? "wait", state.replace("_", " ")),
    ),
  )
  if (reason !== "") card.append(element("p", "", reason))
  for (const activity of activities)
    card.append(activityLine(activity, speedOf(`${id} ${activity.name}`, activity, now)))
  for (const source of failedSources) card.append(element("p", "bad", source))
  const facts = [
    isPremium ? "premium" : "",
    `since ${time(since)}`,
    counted(cyclesDone, "cycle"),
    restarts > 0 ? `${counted(restarts, "restart")} lately` : "",
  ]
  card.append(element("p", "faint", facts.filter((fact) => fact !== "").join(" · ")))
  return card
}

const line = (name, word, wordClass, ...more) =>
  element(
    "li",
    "",
    element("span", wordClass, word),
    ` ${name} `,
    element("span", "faint", [...new Set(more)].filter((one) => one !== null && one !== "").join(" · ")),
  )

/** Lines of a list, or that there are none. */
const showList = (id, lines) =>
  byId(id).replaceChildren(...(lines.length > 0 ? lines : [element("li", "faint", "none yet")]))

const showStatus = ({ accounts, departures }) => {
  const now = Date.now()
  byId("accounts").replaceChildren(...accounts.map((account) => accountCard(account, now)))
  before = new Map(
    accounts.flatMap(({ activities, id }) =>
      activities.map(({ doneBytes, name, stage }) => [`${id} ${name}`, { doneBytes, stage, at: now }]),
    ),
  )
  const lines = departures.map(({ bytes, name, outcome, reason, sourceTitle }) =>
    line(name, outcome, outcomeClasses[outcome], size(bytes), sourceTitle, reason),
  )
  showList("departures", lines)
}

const showPackages = (packages) => {
  const lines = packages.map(({ creator, fileCount, fileName, fileSize, indexedAt, sourceTitle }) =>
    line(
      fileName,
      size(fileSize),
      "good",
      fileCount === 0 ? "metadata pending" : counted(fileCount, "file"),
      creator,
      sourceTitle,
      time(indexedAt),
    ),
  )
  showList("packages", lines)
}

const showSkipped = (skipped) => {
  const lines = skipped.map(({ createdAt, errorMessage, fileName, fileSize, reason, sourceTitle }) =>
    line(fileName, size(fileSize), "bad", errorMessage ?? reason, sourceTitle, time(createdAt)),
  )
  showList("skipped", lines)
}

const get = async (path) => {
  const response = await fetch(path, { headers: authorization() })
  if (response.status === 401) askForToken()
  if (!response.ok) throw new Error(`${response.status}`)
  return response
}

/** Not an EventSource: that cannot show a token. */
const follow = async () => {
  const response = await get("/api/status/events")
  byId("connection").textContent = "live"
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

const showLibrary = async () => {
  showPackages(await (await get("/api/packages")).json())
  showSkipped(await (await get("/api/skipped")).json())
}

/** Does something again and again, as long as no token is asked for. */
const again = async (work, milliseconds) => {
  for (;;) {
    try {
      await work()
    } catch (error) {
      byId("connection").textContent = `no connection to the worker (${error.message}), trying again`
    }
    if (!byId("token-form").hidden) return
    await new Promise((resolve) => setTimeout(resolve, milliseconds))
  }
}

const start = () => {
  again(follow, RETRY_MILLISECONDS)
  again(showLibrary, SLOW_EVERY_MILLISECONDS)
}
start()
