/** The login of an account: what it waits for, and the answer. */

import { button, element, onSubmit, setText } from "./dom.js"
import { time } from "./words.js"
import { act, getJson } from "./worker.js"

const SVG = "http://www.w3.org/2000/svg"

/** A QR code as a picture; dark on light in every colour scheme, as scanners want it. */
const qrPicture = (rows) => {
  const picture = document.createElementNS(SVG, "svg")
  picture.setAttribute("viewBox", `-2 -2 ${rows.length + 4} ${rows.length + 4}`)
  picture.setAttribute("role", "img")
  picture.setAttribute("aria-label", "QR code for Telegram on your phone")
  picture.classList.add("qr")
  const path = document.createElementNS(SVG, "path")
  const squares = rows.flatMap((row, y) => [...row].flatMap((bit, x) => (bit === "1" ? [`M${x} ${y}h1v1h-1z`] : [])))
  path.setAttribute("d", squares.join(""))
  picture.append(path)
  return picture
}

const questions = {
  waiting_code: ({ detail }) => `Login code${detail === "" ? "" : `, sent ${detail}`}`,
  waiting_password: ({ detail }) => `Two-step verification password${detail === "" ? "" : `, hint: ${detail}`}`,
}

/** What the card does not say already. */
const wordsOf = ({ problem, state, until }) => {
  if (state === "failed") return ""
  if (problem !== null && state !== "waiting_flood") return problem
  if (state === "waiting_flood" && until !== null) return `Telegram takes no attempt to log in before ${time(until)}.`
  if (state === "waiting_scan")
    return "Scan this in Telegram on your phone: Settings, Devices, Link Desktop Device. It changes every half minute."
  return ""
}

/** How to look where each login stands that is in the page. */
const looks = new Map()

/** Looks at all logins: where they stand is not in the status. */
export const lookAtLogins = async () => {
  for (const [shown, look] of looks) {
    if (shown.isConnected) await look()
    else looks.delete(shown)
  }
}

/** The states in which a login may wait, or be needed. */
const mayNeedLogin = new Set(["starting", "authorising", "backing_off", "parked"])

export const makeLogin = ({ id, label }) => {
  const path = `/api/accounts/${encodeURIComponent(id)}/login`
  const words = element("p", "wait")
  words.setAttribute("role", "status")
  const picture = element("div", "")
  const input = element("input", "")
  input.required = true
  input.autocomplete = "off"
  const question = element("label", "")
  question.htmlFor = `answer-${id}`
  input.id = question.htmlFor
  const renew = button("New code", label, () => act(`${path}/answer`, { newCode: true }))
  const send = element("button", "", "Send")
  const form = element("form", "", question, input, send, renew)
  const start = element(
    "p",
    "buttons",
    button("Log in by code", label, () => act(path, { method: "code" })),
    button("Log in by QR code", label, () => act(path, { method: "qr" })),
  )
  const whole = element("div", "login", words, picture, form, start)
  whole.hidden = true
  onSubmit(form, async () => {
    if (await act(`${path}/answer`, { secret: input.value })) input.value = ""
  })

  let shownQr = ""
  const show = (login) => {
    setText(words, wordsOf(login))
    const qr = (login.qr ?? []).join("")
    if (qr !== shownQr) picture.replaceChildren(...(login.qr === null ? [] : [qrPicture(login.qr)]))
    shownQr = qr
    const ask = questions[login.state]
    form.hidden = !login.takesAnswer || ask === undefined
    if (!form.hidden) setText(question, ask(login))
    renew.hidden = login.state !== "waiting_code"
    input.type = login.state === "waiting_password" ? "password" : "text"
    input.inputMode = login.state === "waiting_password" ? "text" : "numeric"
    start.hidden = login.state === "ready"
    whole.hidden = login.state === "ready"
  }

  let mayWait = true
  const look = async () => {
    if (mayWait) show(await getJson(path))
  }
  looks.set(whole, look)
  const update = ({ state }) => {
    mayWait = mayNeedLogin.has(state)
    if (!mayWait) whole.hidden = true
  }
  return { element: whole, update }
}
