/** What has come, what was skipped, what happened. */

import { button, byId, element, setText, showItems } from "./dom.js"
import { counted, dotted, size, time } from "./words.js"
import { act, get, getJson } from "./worker.js"

const outcomeClasses = {
  published: "good",
  duplicate: "good",
  skipped: "bad",
  waiting: "wait",
  deferred: "wait",
}

const makeLine = () => {
  const word = element("span", "")
  const name = element("span", "name")
  const facts = element("span", "faint")
  const item = element("li", "", word, " ", name, " ", facts)
  const show = (wordText, wordClass, nameText, ...factTexts) => {
    setText(word, wordText)
    word.className = wordClass
    setText(name, nameText)
    setText(facts, dotted(...new Set(factTexts)))
  }
  return { element: item, show }
}

const makeDeparture = () => {
  const { element, show } = makeLine()
  const update = ({ bytes, name, outcome, reason, sourceTitle }) =>
    show(outcome, outcomeClasses[outcome] ?? "", name, size(bytes), sourceTitle, reason)
  return { element, update }
}

export const showDepartures = (departures) =>
  showItems(byId("departures"), departures, (one) => JSON.stringify(one), makeDeparture, "none yet")

const fileLines = (files) =>
  files.map(({ bytes, path }) =>
    element("li", "", element("span", "", path), " ", element("span", "faint", size(bytes))),
  )

/** The preview picture and the files, once somebody wants to see them. */
const makeContents = ({ fileName, hasPreview, id }) => {
  const path = `/api/packages/${encodeURIComponent(id)}`
  const inside = element("div", "contents")
  const details = element("details", "", element("summary", "", "Contents"), inside)
  details.firstChild.setAttribute("aria-label", `Contents of ${fileName}`)
  details.addEventListener("toggle", async () => {
    if (!details.open || inside.childElementCount > 0) return
    try {
      const { files } = await getJson(`${path}/files`)
      const list = element("ul", "", ...fileLines(files))
      inside.append(...(hasPreview ? [await preview(path, fileName)] : []), list)
    } catch (error) {
      inside.append(element("p", "bad", error.message))
    }
  })
  return details
}

/** Not by its address: an image could not show the token. */
const preview = async (path, fileName) => {
  const picture = element("img", "preview")
  picture.alt = `Preview of ${fileName}`
  picture.src = URL.createObjectURL(await (await get(`${path}/preview`)).blob())
  picture.addEventListener("load", () => URL.revokeObjectURL(picture.src))
  return picture
}

const makePackage = (entry) => {
  const { element: item, show } = makeLine()
  if (entry.fileCount > 0) item.append(makeContents(entry))
  const update = ({ creator, fileCount, fileName, fileSize, indexedAt, sourceTitle, tags }) =>
    show(
      size(fileSize),
      "good",
      fileName,
      fileCount === 0 ? "metadata pending" : counted(fileCount, "file"),
      creator,
      tags.join(", "),
      sourceTitle,
      time(indexedAt),
    )
  return { element: item, update }
}

const makeSkipped = ({ fileName, id }) => {
  const { element: item, show } = makeLine()
  const retry = async () => {
    if (await act("/api/skipped/retry", { ids: [id] })) await showSkipped()
  }
  item.append(" ", button("Retry", fileName, retry))
  const update = ({ createdAt, errorMessage, fileName, fileSize, reason, sourceTitle }) =>
    show(size(fileSize), "bad", fileName, errorMessage ?? reason, sourceTitle, time(createdAt))
  return { element: item, update }
}

const makeEvent = () => {
  const { element, show } = makeLine()
  const update = ({ account, at, detail, event, setName }) =>
    show(event, outcomeClasses[event] ?? "", setName ?? "", detail, account, time(at))
  return { element, update }
}

const showSkipped = async () =>
  showItems(byId("skipped"), await getJson("/api/skipped"), ({ id }) => id, makeSkipped, "none")

export const showLibrary = async () => {
  const packages = await getJson("/api/packages")
  // One whose metadata has come is another item: it has contents.
  showItems(byId("packages"), packages, ({ fileCount, id }) => `${id} ${fileCount}`, makePackage, "none yet")
  await showSkipped()
  showItems(byId("events"), await getJson("/api/events"), ({ id }) => id, makeEvent, "none yet")
}
