/** Finds the folder that an archive's files lie in, by which archives of one project are known. */

/** Folders that say what kind of files are in them, and are in archives of all kinds. */
const generic = new Set(
  "__macosx,stl,stls,files,models,model,supported,unsupported,presupported,pre-supported,lys,obj,images,renders,new folder".split(
    ",",
  ),
)

/** So many of a large archive's entries tell it. */
const LOOKED_AT = 1000
const MIN_FILES = 3
const MIN_LENGTH = 3
const MAX_LENGTH = 200

/**
 * The first folder of most of the paths, as it is written; null when there is none, when there are fewer than three files,
 * or when its name says nothing.
 */
export const rootFolderOf = (files: ReadonlyArray<{ readonly path: string }>): string | null => {
  const looked = files.slice(0, LOOKED_AT)
  if (looked.length < MIN_FILES) return null
  const counts = new Map<string, number>()
  for (const { path } of looked) {
    const [folder = "", ...rest] = path
      .replaceAll("\\", "/")
      .replace(/^(?:\.?\/)+/, "")
      .split("/")
    if (rest.length > 0) counts.set(folder, (counts.get(folder) ?? 0) + 1)
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a)
  if (most === undefined) return null
  const [folder, count] = most
  const name = folder.trim()
  const isTelling = name.length >= MIN_LENGTH && name.length <= MAX_LENGTH && !generic.has(name.toLowerCase())
  return isTelling && count * 2 > looked.length ? name : null
}
