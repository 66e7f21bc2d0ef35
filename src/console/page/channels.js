/** The sources and the destination, and how they are chosen. */

import { button, byId, element, onSubmit, setText, showItems } from "./dom.js"
import { counted, dotted, time } from "./words.js"
import { act, getJson, say } from "./worker.js"

const makeChannel = ({ id, role, title }) => {
  const name = element("span", "name")
  const facts = element("span", "faint")
  const item = element("li", "", name, " ", facts)
  const rescan = () => act(`/api/channels/${encodeURIComponent(id)}/rescan`, { from: null })
  if (role === "source") item.append(" ", button("Look through anew", title, rescan))
  const update = (channel) => {
    setText(name, channel.title)
    const { category, readers, scannedAt, sets, state, unsettledSets } = channel
    setText(
      facts,
      dotted(
        state,
        category,
        readers.length === 0 ? "" : `read by ${readers.join(", ")}`,
        role === "source" ? counted(sets, "set") : "",
        unsettledSets > 0 ? `${unsettledSets} open` : "",
        scannedAt === null ? "" : `looked through ${time(scannedAt)}`,
      ),
    )
  }
  return { element: item, update }
}

export const showChannels = async () =>
  showItems(byId("channels"), await getJson("/api/channels"), ({ id }) => id, makeChannel, "none yet")

const makeOption = ({ id }) => {
  const option = element("option", "")
  option.value = id
  return { element: option, update: ({ label }) => setText(option, label) }
}

/** Offers the accounts to do something by. */
export const offerAccounts = (accounts) => {
  showItems(byId("by-account"), accounts, ({ id }) => id, makeOption)
  byId("channel-forms").hidden = accounts.length === 0
}

const pathOf = (what) => `/api/accounts/${encodeURIComponent(byId("by-account").value)}/${what}`

const choose = async (what, payload) => {
  say("Asking Telegram ...", "faint")
  const isDone = await act(pathOf(what), payload)
  if (isDone) await showChannels()
  return isDone
}

const makeChat = ({ canPost, chatId, refusal, title }) => {
  const name = element("span", "name")
  const facts = element("span", "faint")
  const item = element("li", "", name, " ", facts)
  if (refusal === null)
    item.append(
      " ",
      button("Read", title, () => choose("sources", { chatId })),
    )
  if (refusal === null && canPost)
    item.append(
      " ",
      button("Publish here", title, () => choose("destination", { chatId })),
    )
  const update = (chat) => {
    setText(name, chat.title)
    setText(
      facts,
      dotted(chat.kind, chat.username, chat.refusal, chat.isProtected ? "protected: nothing is taken" : ""),
    )
  }
  return { element: item, update }
}

const listChats = async () => {
  say("Asking Telegram ...", "faint")
  try {
    showItems(byId("chats"), await getJson(pathOf("chats")), ({ chatId }) => chatId, makeChat, "no channel, no group")
    say("", "")
  } catch (error) {
    say(error.message, "bad")
  }
}

/** Has the forms do what they say. */
export const prepareChannels = () => {
  byId("list-chats").replaceWith(button("List its chats", "those of the account", listChats))
  onSubmit(byId("join-form"), async () => {
    if (await choose("sources", { join: byId("join").value.trim() })) byId("join-form").reset()
  })
  onSubmit(byId("create-form"), async () => {
    if (await choose("destination", { create: byId("create").value.trim() })) byId("create-form").reset()
  })
}
