/**
 * How a set's volumes are sent: whole when they fit into one upload, else cut into numbered pieces that any tool joins.
 */

/** TDLib uploads in blocks of 512 KiB (PartsManager, MAX_PART_SIZE); a cut on a block boundary wastes none. */
const uploadBlock = 512 * 1024

/** Names of more bytes are refused by most file systems once a temporary suffix is added. */
const maxNameBytes = 200

/** One message to send: `bytes` bytes at `offset` of the volume with index `volume`. */
export interface Part {
  /** 1 to `of`. */
  readonly part: number
  readonly of: number
  readonly volume: number
  readonly offset: number
  readonly bytes: number
  readonly name: string
  /** The whole volume, so no cut is due. */
  readonly whole: boolean
}

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

/**
 * The messages that carry the volumes, in order. A volume of at most `maxUploadBytes` is sent as it is under its own
 * name; a larger one is cut at a multiple of 512 KiB into `name.001`, `name.002` and so on. Joined in order, the parts
 * are exactly the volumes joined in order.
 *
 * Throws a RangeError when `maxUploadBytes` is below 512 KiB and a cut is due.
 */
export const planParts = (
  volumes: ReadonlyArray<{ readonly name: string; readonly bytes: number }>,
  maxUploadBytes: number,
): ReadonlyArray<Part> => {
  const pieces = volumes.flatMap(({ name, bytes }, volume): ReadonlyArray<Omit<Part, "part" | "of">> => {
    if (bytes <= maxUploadBytes) return [{ volume, offset: 0, bytes, name, whole: true }]
    const step = Math.floor(maxUploadBytes / uploadBlock) * uploadBlock
    if (step <= 0)
      throw new RangeError(`An upload limit of ${maxUploadBytes} bytes is below one block of ${uploadBlock}.`)
    const count = Math.ceil(bytes / step)
    const width = Math.max(3, String(count).length)
    return Array.from({ length: count }, (_, index) => ({
      volume,
      offset: index * step,
      bytes: Math.min(step, bytes - index * step),
      name: `${name}.${String(index + 1).padStart(width, "0")}`,
      whole: false,
    }))
  })
  return pieces.map((piece, index) => ({ part: index + 1, of: pieces.length, ...piece }))
}
