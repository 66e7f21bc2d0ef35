/** What packages of one channel can have in common, from what is certain to what is a guess. */
import { plainText, tellingWords } from "../archive/name-words.ts"

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A package that may be put into a group. */
export interface GroupCandidate {
  readonly packageId: string
  /** Of its set's first message. */
  readonly messageId: number
  readonly fileName: string
  readonly creator: string | null
  readonly caption: string | null
  readonly replyToMessageId: number | null
  readonly albumId: string | null
  readonly senderId: string | null
  readonly topicId: number | null
  /** Where most of its files lie. */
  readonly rootFolder: string | null
  /** Unix seconds. */
  readonly postedAt: number
}

/** What a person's own grouping has taught the web app: names or creators with `pattern` in them belong together. */
export interface GroupingRule {
  readonly id: string
  readonly pattern: string
  readonly confidence: number
  /** The group that a person had made. */
  readonly createdByGroupId: string | null
}

export const signalNames = ["album", "rule", "reply", "caption", "pattern", "folder", "creator", "time"] as const
export type SignalName = (typeof signalNames)[number]

/** Whatever the keys of one channel's packages depend on. */
export interface KeyContext {
  readonly rules: ReadonlyArray<GroupingRule>
  /** The candidates by their messages. */
  readonly byMessage: ReadonlyMap<number, GroupCandidate>
  /** The messages that candidates answer. */
  readonly answered: ReadonlySet<number>
}

export interface Signal {
  readonly name: SignalName
  /** What packages must have in common; undefined: this one has no such thing. */
  readonly keyOf: (candidate: GroupCandidate, context: KeyContext) => string | undefined
  /** Fewer packages than that are no group. */
  readonly atLeast: number
  /** More than that are no group either: a whole channel was posted again, or the same words are under every post. */
  readonly atMost: number
  /** One was posted no longer than this after another, in seconds. */
  readonly maxGap: number
}

const inTopic = ({ topicId }: GroupCandidate, key: string): string => `${topicId ?? 0}|${key}`

/** The rules that fit a package, the best first: the most trusted, then the most exact. */
export const rulesFor = (
  { creator, fileName }: Pick<GroupCandidate, "creator" | "fileName">,
  rules: ReadonlyArray<GroupingRule>,
): ReadonlyArray<GroupingRule> =>
  rules
    .filter(({ pattern }) => {
      const wanted = pattern.trim().toLowerCase()
      return wanted !== "" && [fileName, creator ?? ""].some((text) => text.toLowerCase().includes(wanted))
    })
    .sort(
      (a, b) =>
        b.confidence - a.confidence || b.pattern.length - a.pattern.length || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
    )

/** The message at the beginning of a chain of answers. Answers are newer than what they answer, so that it has one. */
const rootOf = (candidate: GroupCandidate, { answered, byMessage }: KeyContext): number | undefined => {
  if (candidate.replyToMessageId === null) return answered.has(candidate.messageId) ? candidate.messageId : undefined
  let root = candidate.replyToMessageId
  for (;;) {
    const next = byMessage.get(root)?.replyToMessageId ?? null
    if (next === null || next >= root) return root
    root = next
  }
}

const captionKey = ({ caption }: GroupCandidate): string | undefined => {
  const words = [...tellingWords(caption ?? "")].filter((word) => word.length >= 3 && !/^\d+$/.test(word))
  return words.length < 2 ? undefined : words.sort().join(" ")
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
const monthName =
  /(?<![\p{L}])(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)[\s._-]*((?:19|20)\d\d)(?!\d)/iu

/** The month that a file name tells, as 2024-03. */
export const monthOf = (fileName: string): string | undefined => {
  const digits = /(?<!\d)((?:19|20)\d\d)[-_. ](0[1-9]|1[0-2])(?!\d)/.exec(fileName)
  if (digits !== null) return `${digits[1]}-${digits[2]}`
  const named = monthName.exec(fileName)
  if (named === null) return undefined
  const month = months.indexOf((named[1] ?? "").slice(0, 3).toLowerCase()) + 1
  return `${named[2]}-${String(month).padStart(2, "0")}`
}

const MIN_PREFIX = 5

/** What stands before a dash between spaces, or before a bracket, in a file name. */
export const prefixOf = (fileName: string): string | undefined => {
  const [prefix, rest] = fileName.replaceAll("_", " ").split(/\s[-–—]\s|\s?\(/, 2)
  const plain = plainText(prefix ?? "")
  return rest === undefined || plain.length < MIN_PREFIX ? undefined : plain
}

/** A month says nothing without whose it is. */
const patternKey = (candidate: GroupCandidate): string | undefined => {
  const month = monthOf(candidate.fileName)
  if (month !== undefined) return `${month}|${candidate.creator?.toLowerCase() ?? ""}`
  return prefixOf(candidate.fileName)
}

/** What has the same key is together within one topic only. */
const keyInTopic = (keyOf: (candidate: GroupCandidate) => string | undefined) => (candidate: GroupCandidate) => {
  const key = keyOf(candidate)
  return key === undefined ? undefined : inTopic(candidate, key)
}

const ever = Number.POSITIVE_INFINITY

/**
 * The signals in the order in which they are asked: a package goes where the first of them puts it. `timeWindowMinutes`: how
 * close posts of one sender must be that have nothing else in common; 0: those are no group.
 */
export const signalsOf = (timeWindowMinutes: number): ReadonlyArray<Signal> => [
  {
    name: "album",
    keyOf: ({ albumId }) => albumId ?? undefined,
    atLeast: 2,
    atMost: ever,
    maxGap: ever,
  },
  {
    name: "rule",
    keyOf: (candidate, { rules }) => rulesFor(candidate, rules)[0]?.id,
    atLeast: 2,
    atMost: ever,
    maxGap: ever,
  },
  {
    name: "reply",
    keyOf: (candidate, context) => rootOf(candidate, context)?.toString(),
    atLeast: 2,
    atMost: 50,
    maxGap: ever,
  },
  {
    name: "caption",
    keyOf: keyInTopic(captionKey),
    atLeast: 2,
    atMost: 50,
    maxGap: DAY,
  },
  {
    name: "pattern",
    keyOf: keyInTopic(patternKey),
    atLeast: 2,
    atMost: 100,
    maxGap: 7 * DAY,
  },
  {
    name: "folder",
    keyOf: keyInTopic(({ rootFolder }) => rootFolder?.toLowerCase()),
    atLeast: 2,
    atMost: 100,
    maxGap: 7 * DAY,
  },
  {
    name: "creator",
    keyOf: keyInTopic(({ creator }) => creator?.toLowerCase()),
    atLeast: 3,
    atMost: 50,
    maxGap: 6 * HOUR,
  },
  {
    name: "time",
    keyOf: keyInTopic(({ senderId }) => (timeWindowMinutes === 0 ? undefined : (senderId ?? ""))),
    atLeast: 2,
    atMost: 20,
    maxGap: timeWindowMinutes * MINUTE,
  },
]

/** Keys are stored, and names of a thousand characters are not told apart beyond this. */
const MAX_KEY = 200

export const keyOf = (signal: Signal, candidate: GroupCandidate, context: KeyContext): string | undefined =>
  signal.keyOf(candidate, context)?.slice(0, MAX_KEY)

/** Beyond this no package without a key of its own is looked at again for a new group. */
export const LONGEST_GAP_SECONDS = 7 * DAY
