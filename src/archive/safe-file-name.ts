/** Names for files that we create on disk, made from names that strangers chose. */

/** Names of more bytes are refused by most file systems once a temporary suffix is added. */
const maxNameBytes = 200

const bytesOfText = (text: string): number => Buffer.byteLength(text, "utf8")

/** The longest beginning of `text` that has at most `limit` bytes of UTF-8 and splits no character. */
const truncateText = (text: string, limit: number): string => {
  let kept = ""
  let bytes = 0
  for (const character of text) {
    bytes += bytesOfText(character)
    if (bytes > limit) break
    kept += character
  }
  return kept
}

/** A name's last extensions, as far as they look like such: `.zip`, `.7z.001`, `.tar.gz`; empty without. */
const extensionOf = (name: string): string => /(?:\.[\p{L}\p{N}]{1,8}){1,2}$/u.exec(name)?.[0] ?? ""

/** Shortens a name to `limit` bytes of UTF-8, keeping its extension. */
const shorten = (name: string, limit: number): string => {
  if (bytesOfText(name) <= limit) return name
  const extension = extensionOf(name)
  const room = limit - bytesOfText(extension)
  return truncateText(name.slice(0, name.length - extension.length), room) + extension
}

/**
 * A file name that is safe to create in a directory of our own: one path segment, no control characters, not hidden,
 * not an option, at most 200 bytes of UTF-8, never empty. The extension is kept.
 */
export const safeFileName = (name: string): string => {
  const cleaned = name
    .toWellFormed()
    .normalize("NFC")
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed here
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029/\\:*?"<>|]/g, "_")
    .replace(/^[\s.~-]+/, "")
    .replace(/[\s.]+$/, "")
  const shortened = shorten(cleaned, maxNameBytes)
  return shortened === "" ? "file" : shortened
}

/**
 * Safe names for the volumes of one set, in their order, all different even where the file system ignores case: a
 * second `a.zip` becomes `a (2).zip`.
 */
export const safeFileNames = (names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const taken = new Set<string>()
  return names.map((name) => {
    const safe = safeFileName(name)
    const extension = extensionOf(safe)
    const base = safe.slice(0, safe.length - extension.length)
    let candidate = safe
    for (let copy = 2; taken.has(candidate.toLowerCase()); copy++) {
      const mark = ` (${copy})`
      candidate = truncateText(base, maxNameBytes - bytesOfText(mark + extension)) + mark + extension
    }
    taken.add(candidate.toLowerCase())
    return candidate
  })
}
