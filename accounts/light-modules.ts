import { registerHooks } from "node:module"

/** Documentation on lines of its own, as it stands in compiled modules. */
const DOCUMENTATION = /^[ \t]*\/\*\*[\s\S]*?\*\//gm

/** A module's text without its documentation; what is left stays on its lines. */
export const withoutDocumentation = (text: string): string =>
  text.replace(DOCUMENTATION, (comment) => comment.replace(/[^\n]+/g, ""))

const isEffect = (url: string): boolean => url.includes("/node_modules/effect/dist/")

/**
 * Loads Effect's modules without their documentation from now on, in this thread. V8 keeps the text of a module for as long as
 * the thread lives, and half of Effect's is documentation: 2.5 MB, with letters in it for which whole modules are kept in
 * two bytes a character. It costs a start some 20 ms; the compiled modules are kept all the same.
 */
export const loadWithoutDocumentation = (): void => {
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context)
      if (!isEffect(url) || loaded.source === undefined || loaded.source === null) return loaded
      const text = typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source)
      return { ...loaded, source: withoutDocumentation(text) }
    },
  })
}
