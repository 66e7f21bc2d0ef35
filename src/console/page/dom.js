/** How things get into the page. Names come from strangers: they are put there as text, and never as anything else. */

export const byId = (id) => document.getElementById(id)

/** An element with a class, and children that are elements or texts. */
export const element = (tag, className, ...children) => {
  const made = document.createElement(tag)
  if (className !== "") made.className = className
  made.append(...children)
  return made
}

/** Changes a text only when it is another one, so that what is selected or read aloud stays. */
export const setText = (target, text) => {
  if (target.textContent !== text) target.textContent = text
}

const kept = new WeakMap()
const nothing = { element: undefined, update: () => undefined }

/**
 * Shows items in a container, each by the element that it had before, so that focus and what was typed stay.
 * `make(item)` gives `{ element, update(item) }`. Where there is no item, `none` is said, if it is given.
 */
export const showItems = (container, items, keyOf, make, none = "") => {
  const before = kept.get(container) ?? new Map()
  const now = new Map()
  for (const item of items) {
    const key = keyOf(item)
    const entry = before.get(key) ?? make(item)
    entry.update(item)
    now.set(key, entry)
  }
  if (items.length === 0 && none !== "")
    now.set(nothing, before.get(nothing) ?? { ...nothing, element: element("li", "faint", none) })
  for (const [key, entry] of before) if (!now.has(key)) entry.element.remove()
  let index = 0
  for (const entry of now.values()) {
    if (container.children[index] !== entry.element)
      container.insertBefore(entry.element, container.children[index] ?? null)
    index += 1
  }
  kept.set(container, now)
}

/** A button that does one thing at a time, to `subject`, which is told to those who do not see what it stands beside. */
export const button = (text, subject, work) => {
  const made = element("button", "", text)
  made.type = "button"
  made.setAttribute("aria-label", `${text}: ${subject}`)
  made.addEventListener("click", () => once(made, work))
  return made
}

/** Does the work of a control unless it is under way; the control keeps the focus. */
const once = async (control, work) => {
  if (control.getAttribute("aria-disabled") === "true") return
  control.setAttribute("aria-disabled", "true")
  try {
    await work()
  } finally {
    control.removeAttribute("aria-disabled")
  }
}

/** Has a form do its work instead of being sent. */
export const onSubmit = (form, work) =>
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    once(form, work)
  })
