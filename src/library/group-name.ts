/** What a group of packages is called when nobody has called it. */
import type { GroupCandidate, GroupingRule, SignalName } from "./group-signals.ts"
import { monthOf } from "./group-signals.ts"

const MAX_LENGTH = 80
const MIN_PREFIX = 3

const withoutExtension = (fileName: string): string =>
  fileName.replace(/(?:\.(?:zip|zipx|rar|7z|tar|gz|bz2|xz|zst|part\d+|[rz]\d\d|\d{2,5}|pdf|stl|obj|3mf))+$/i, "")

const firstLine = (text: string): string => text.split("\n", 1)[0]?.trim() ?? ""

/** What all names begin with, up to the end of a word; undefined when that is next to nothing. */
export const commonBeginning = (names: ReadonlyArray<string>): string | undefined => {
  const [first = "", ...others] = names
  let length = first.length
  for (const other of others) while (length > 0 && !other.startsWith(first.slice(0, length))) length -= 1
  const endsWord = names.every((name) => name.length === length || !/[\p{L}\p{N}]/u.test(name[length] ?? ""))
  const beginning = endsWord ? first.slice(0, length) : first.slice(0, length).replace(/[\p{L}\p{N}]+$/u, "")
  const tidy = beginning.replace(/[\s\-–—_.,(+]+$/u, "").trim()
  return tidy.length >= MIN_PREFIX ? tidy : undefined
}

const nameBy = (
  signal: SignalName,
  members: ReadonlyArray<GroupCandidate>,
  rule: GroupingRule | undefined,
): string | undefined => {
  const [first] = members
  const beginning = commonBeginning(members.map(({ fileName }) => withoutExtension(fileName)))
  const caption = members.map((member) => firstLine(member.caption ?? "")).find((line) => line !== "")
  const month = monthOf(first?.fileName ?? "")
  switch (signal) {
    case "album":
      return caption ?? beginning
    case "rule":
      return rule?.pattern
    case "caption":
      return caption
    case "pattern":
      return month === undefined ? beginning : [first?.creator ?? "", month].join(" ").trim()
    case "folder":
      return first?.rootFolder ?? undefined
    case "creator":
      return beginning ?? first?.creator ?? undefined
    case "reply":
    case "time":
      return beginning
  }
}

/** A name for a group of these packages, which were posted in this order; never empty. */
export const groupName = (signal: SignalName, members: ReadonlyArray<GroupCandidate>, rule?: GroupingRule): string => {
  const name = nameBy(signal, members, rule)?.trim() ?? ""
  const fallback = withoutExtension(members[0]?.fileName ?? "")
  return [...(name || fallback || "Packages")].slice(0, MAX_LENGTH).join("").trim() || "Packages"
}
