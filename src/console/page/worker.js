/** How the page asks the worker. */

import { byId, onSubmit, setText } from "./dom.js"

const tokenNow = () => sessionStorage.getItem("token")

/** Those who wait for the token that the worker wants. */
let waiting = []
const askForToken = () =>
  new Promise((resolve) => {
    waiting.push(resolve)
    if (!byId("token-form").hidden) return
    byId("token-form").hidden = false
    byId("token").focus()
  })
onSubmit(byId("token-form"), () => {
  sessionStorage.setItem("token", byId("token").value)
  byId("token").value = ""
  byId("token-form").hidden = true
  for (const resolve of waiting) resolve()
  waiting = []
})

const reasonOf = async (response) => {
  const text = await response.text()
  try {
    return JSON.parse(text).message ?? text
  } catch {
    return text.trim() || `the worker answered ${response.status}`
  }
}

const ask = async (path, options) => {
  for (;;) {
    const token = tokenNow()
    const authorization = token === null ? {} : { authorization: `Bearer ${token}` }
    const response = await fetch(path, { ...options, headers: { ...options.headers, ...authorization } })
    if (response.ok) return response
    if (response.status !== 401) throw new Error(await reasonOf(response))
    // Another one may have been shown since this was asked.
    if (token === tokenNow()) await askForToken()
  }
}

export const get = (path) => ask(path, {})
export const getJson = async (path) => (await get(path)).json()

/** Says how something went, aloud too. */
export const say = (text, className) => {
  byId("notice").className = className
  setText(byId("notice"), text)
}

const hearers = []
/** Has something done after every action that was done. */
export const afterActions = (hear) => hearers.push(hear)

/** Has the worker do something, and says what came of it. False: it was not done. */
export const act = async (path, payload) => {
  try {
    const headers = { "content-type": "application/json", "x-stash-console": "1" }
    const response = await ask(path, { method: "POST", headers, body: JSON.stringify(payload) })
    say((await response.json()).what, "good")
    for (const hear of hearers) hear()
    return true
  } catch (error) {
    say(`That was not done: ${error.message}`, "bad")
    return false
  }
}

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Does something again and again; `onError` hears what goes wrong. */
export const again = async (work, milliseconds, onError = () => undefined) => {
  for (;;) {
    try {
      await work()
    } catch (error) {
      onError(error)
    }
    await pause(milliseconds)
  }
}
