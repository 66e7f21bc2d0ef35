/** What is to be known of a set as a whole, whoever has listed it. */
import { type ArchiveEntry, isNestedArchive } from "./entry-collector.ts"

/**
 * The marks a set can have. `nested_archive`: some file inside is an archive itself. `complete_by_name`: the format has no
 * proof that nothing follows, or it is encrypted; nothing speaks against it.
 */
export const setFlags = [
  "encrypted_data",
  "encrypted_headers",
  "damaged",
  "nested_archive",
  "incomplete",
  "truncated_list",
  "complete_by_name",
] as const
export type SetFlag = (typeof setFlags)[number]

/** The marks of a set in `state`, with what was listed of it. */
export const flagsOfSet = (
  state: "listed" | "headers_encrypted" | "incomplete" | "damaged" | "renamed" | "not_an_archive",
  listing: {
    readonly entries: ReadonlyArray<ArchiveEntry>
    readonly encrypted: boolean
    readonly truncated: boolean
  },
  isCompleteByName = false,
): ReadonlyArray<SetFlag> => {
  const flags: Array<SetFlag> = []
  if (state === "headers_encrypted") flags.push("encrypted_headers")
  else if (listing.encrypted) flags.push("encrypted_data")
  if (state === "damaged") flags.push("damaged")
  if (state !== "not_an_archive" && listing.entries.some(isNestedArchive)) flags.push("nested_archive")
  if (state === "incomplete") flags.push("incomplete")
  if (listing.truncated) flags.push("truncated_list")
  if (isCompleteByName) flags.push("complete_by_name")
  return flags
}
