/**
 * The names of entries, from the bytes that an archive holds to text that Postgres stores and a terminal shows.
 *
 * Many packers wrote names in the code page of their machine and did not say which. Bytes that are valid UTF-8 are taken
 * as such; all others of one archive are read in the one code page that gives the most plausible text, and are marked.
 */

/** What a reader should know of an entry's name. `guessed` = the code page was not stated. */
export type NameFlag = "absolute_path" | "parent_path" | "control_characters" | "guessed_name"

/** Code pages that are tried for names that are not UTF-8, in the order of preference among equals. */
export const codePages = ["cp437", "cp866", "cp932", "macintosh", "windows-1252", "windows-1251", "koi8-r"] as const
export type CodePage = (typeof codePages)[number]

/** The upper half of IBM's code page 437, which ZIP names without another mark are in (APPNOTE appendix D). */
const upperHalfOf437 =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0"

const decode437 = (bytes: Uint8Array): string => {
  let text = ""
  for (const byte of bytes) text += byte < 0x80 ? String.fromCharCode(byte) : upperHalfOf437.charAt(byte - 0x80)
  return text
}

const labels: Record<Exclude<CodePage, "cp437">, string> = {
  cp866: "ibm866",
  cp932: "shift_jis",
  macintosh: "macintosh",
  "windows-1252": "windows-1252",
  "windows-1251": "windows-1251",
  "koi8-r": "koi8-r",
}

const decoders = new Map<string, InstanceType<typeof TextDecoder>>()
const decoderOf = (label: string): InstanceType<typeof TextDecoder> => {
  const known = decoders.get(label) ?? new TextDecoder(label)
  decoders.set(label, known)
  return known
}

/** The text that these bytes are in a code page; what the page does not have becomes U+FFFD. */
export const decodeInCodePage = (bytes: Uint8Array, codePage: CodePage): string =>
  codePage === "cp437" ? decode437(bytes) : decoderOf(labels[codePage]).decode(bytes)

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** The text of valid UTF-8, else undefined. */
export const decodeUtf8 = (bytes: Uint8Array): string | undefined => {
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return undefined
  }
}

type Script = "latin" | "cyrillic" | "greek" | "kana" | "han"

const scripts: ReadonlyArray<readonly [Script, RegExp]> = [
  ["latin", /^[\p{Script=Latin}]$/u],
  ["cyrillic", /^\p{Script=Cyrillic}$/u],
  ["kana", /^[\p{Script=Hiragana}\p{Script=Katakana}ー]$/u],
  ["han", /^\p{Script=Han}$/u],
  ["greek", /^\p{Script=Greek}$/u],
]

const scriptOf = (character: string | undefined): Script | undefined =>
  character === undefined ? undefined : scripts.find(([, pattern]) => pattern.test(character))?.[0]

const isUpper = (character: string): boolean => character !== character.toLowerCase()
const isLower = (character: string): boolean => character !== character.toUpperCase()

const belongTogether = (a: Script, b: Script): boolean =>
  a === b || ((a === "kana" || a === "han") && (b === "kana" || b === "han"))

/** How much a letter looks as if it belonged where it stands. */
const scoreLetter = (characters: ReadonlyArray<string>, index: number, script: Script): number => {
  const character = characters[index] ?? ""
  // Half-width katakana are what single bytes of any other code page look like.
  if (/[\uff61-\uff9f]/.test(character)) return -1
  let score = script === "greek" ? -1 : 1
  // What tells two Cyrillic code pages apart when the case fits in both.
  if (/[оеаинтсрвлкмдпу]/i.test(character)) score += 0.5
  for (const neighbour of [characters[index - 1], characters[index + 1]]) {
    const other = scriptOf(neighbour)
    if (other === undefined) continue
    // Accented Latin letters stand among plain ones, seldom side by side.
    const accented = script === "latin" && other === "latin" && (neighbour?.charCodeAt(0) ?? 0) >= 0x80
    score += accented ? 0 : belongTogether(script, other) ? 1 : -2
  }
  const before = characters[index - 1]
  // Capitals inside a word: the sign of a wrong Western or Cyrillic code page.
  if (before !== undefined && isLower(before) && isUpper(character)) score -= 3
  const after = characters[index + 1]
  if (after !== undefined && index > 0 && isUpper(character) && isLower(after) && scriptOf(before)) score -= 1
  // A double-byte letter stands for two bytes.
  return script === "kana" || script === "han" ? 2 * score : score
}

const plausibility = (text: string): number => {
  const characters = [...text]
  let score = 0
  for (const [index, character] of characters.entries()) {
    if (character.charCodeAt(0) < 0x80) continue
    const script = scriptOf(character)
    if (script !== undefined) score += scoreLetter(characters, index, script)
    else if (/[\p{C}\ufffd]/u.test(character)) score -= 10
    else if (/[\u3000-\u303f\uff01-\uff5e]/u.test(character)) score += 1
    else score -= /\p{P}/u.test(character) ? 1 : 3
  }
  return score
}

const maxSamples = 200

/** The code page in which the names of one archive read best. `names` are those that are not UTF-8. */
export const guessCodePage = (names: ReadonlyArray<Uint8Array>): CodePage => {
  const samples = names.slice(0, maxSamples)
  let best: { readonly codePage: CodePage; readonly score: number } = { codePage: "cp437", score: -Infinity }
  for (const codePage of codePages) {
    const score = samples.reduce((sum, name) => sum + plausibility(decodeInCodePage(name, codePage)), 0)
    if (score > best.score) best = { codePage, score }
  }
  return best.codePage
}

/**
 * Text that Postgres stores and a terminal shows without harm: control characters become their visible pictures
 * (U+2400 and on), line separators, marks that turn the direction of writing and lone surrogates become U+FFFD.
 */
export const safeText = (text: string): string => (isPlain(text) ? text : withoutControls(text))

/** Printable ASCII, as nearly all names are. */
const isPlain = (text: string): boolean => /^[\x20-\x7e]*$/.test(text)

const withoutControls = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd")
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced here
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, (control) => {
      const code = control.charCodeAt(0)
      if (code < 0x20) return String.fromCharCode(0x2400 + code)
      return code === 0x7f ? "\u2421" : "\ufffd"
    })

const noFlags: ReadonlyArray<NameFlag> = []

/** What is to be known of a path. It is text: nothing is ever written to where it points. */
export const flagsOfPath = (text: string): ReadonlyArray<NameFlag> => {
  if (isPlain(text) && !text.includes("..") && !/^(?:[\\/]|.:)/.test(text)) return noFlags
  const flags: Array<NameFlag> = []
  if (/^(?:[\\/]|[a-z]:)/i.test(text)) flags.push("absolute_path")
  if (/(?:^|[\\/])\.\.(?:[\\/]|$)/.test(text)) flags.push("parent_path")
  if (safeText(text) !== text) flags.push("control_characters")
  return flags
}
