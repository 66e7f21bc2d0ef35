/** Puts packages of one channel into groups: pure, so that any order of events can be tried. */
import { groupName } from "./group-name.ts"
import {
  type GroupCandidate,
  type GroupingRule,
  type KeyContext,
  keyOf,
  rulesFor,
  type Signal,
  type SignalName,
  signalsOf,
} from "./group-signals.ts"

/** A group that the worker has made, or that an album has; times in unix seconds. */
export interface KnownGroup {
  readonly groupId: string
  readonly signal: SignalName
  readonly key: string
  readonly firstAt: number
  readonly lastAt: number
  readonly members: number
}

/** Packages to be put into a group: the one with `groupId`, or a new one where that is null. */
export interface PlannedGroup {
  readonly groupId: string | null
  readonly signal: SignalName
  readonly key: string
  readonly name: string
  /** In the order in which they were posted. */
  readonly packageIds: ReadonlyArray<string>
  readonly firstAt: number
  readonly lastAt: number
}

/** A package that went elsewhere than a rule wanted it. */
export interface GroupingConflict {
  readonly packageId: string
  readonly fileName: string
  /** What it was grouped by. */
  readonly signal: SignalName
  readonly rule: GroupingRule
}

export interface GroupingInput {
  /** Packages that are in no group, and that were never put into one. */
  readonly candidates: ReadonlyArray<GroupCandidate>
  readonly known: ReadonlyArray<KnownGroup>
  /** Groups that the worker has made, by the message of a package in it. */
  readonly groupOfMessage: ReadonlyMap<number, string>
  readonly rules: ReadonlyArray<GroupingRule>
  readonly timeWindowMinutes: number
  /** False: albums alone are grouped. */
  readonly isAutomatic: boolean
}

export interface GroupingPlan {
  readonly groups: ReadonlyArray<PlannedGroup>
  readonly conflicts: ReadonlyArray<GroupingConflict>
}

interface Cluster {
  readonly members: Array<GroupCandidate>
  readonly known: Array<KnownGroup>
  end: number
}

/** What was posted one after another without a longer gap than the signal allows, the groups that are there included. */
const clustersOf = (
  { maxGap }: Signal,
  candidates: ReadonlyArray<GroupCandidate>,
  known: ReadonlyArray<KnownGroup>,
): ReadonlyArray<Cluster> => {
  const nodes = [
    ...candidates.map((member) => ({ member, group: undefined, start: member.postedAt, end: member.postedAt })),
    ...known.map((group) => ({ member: undefined, group, start: group.firstAt, end: group.lastAt })),
  ].sort((a, b) => a.start - b.start || (a.member?.messageId ?? 0) - (b.member?.messageId ?? 0))
  const clusters: Array<Cluster> = []
  for (const { end, group, member, start } of nodes) {
    let cluster = clusters.at(-1)
    if (cluster === undefined || start - cluster.end > maxGap) {
      cluster = { members: [], known: [], end }
      clusters.push(cluster)
    }
    if (member !== undefined) cluster.members.push(member)
    if (group !== undefined) cluster.known.push(group)
    cluster.end = Math.max(cluster.end, end)
  }
  return clusters
}

/** A group as it grows. */
interface Growing {
  readonly groupId: string | null
  readonly signal: SignalName
  readonly key: string
  readonly members: Array<GroupCandidate>
}

/** The group that a cluster's packages go to: one that is there and has room, or a new one; undefined: none. */
const placeOf = (signal: Signal, key: string, { known, members }: Cluster): Growing | undefined => {
  if (members.length === 0) return undefined
  const group = known.find((one) => one.members + members.length <= signal.atMost)
  const isGroup = members.length >= signal.atLeast && members.length <= signal.atMost
  if (group === undefined && (known.length > 0 || !isGroup)) return undefined
  return { groupId: group?.groupId ?? null, signal: signal.name, key, members: [...members] }
}

const finished = ({ groupId, key, members, signal }: Growing, rules: ReadonlyArray<GroupingRule>): PlannedGroup => {
  const inOrder = [...members].sort((a, b) => a.postedAt - b.postedAt || a.messageId - b.messageId)
  const times = inOrder.map(({ postedAt }) => postedAt)
  const rule = rules.find(({ id }) => signal === "rule" && id === key)
  return {
    groupId,
    signal,
    key,
    name: groupName(signal, inOrder, rule),
    packageIds: inOrder.map(({ packageId }) => packageId),
    firstAt: Math.min(...times),
    lastAt: Math.max(...times),
  }
}

const conflictsOf = (
  groups: ReadonlyArray<PlannedGroup>,
  byId: ReadonlyMap<string, GroupCandidate>,
  rules: ReadonlyArray<GroupingRule>,
): ReadonlyArray<GroupingConflict> =>
  groups.flatMap((group) =>
    group.packageIds.flatMap((packageId) => {
      const candidate = byId.get(packageId)
      if (candidate === undefined) return []
      const followed = group.signal === "rule" ? rules.find(({ id }) => id === group.key) : undefined
      const rule = rulesFor(candidate, rules).find(
        ({ createdByGroupId }) => createdByGroupId !== null && createdByGroupId !== followed?.createdByGroupId,
      )
      return rule === undefined || rule.id === followed?.id
        ? []
        : [{ packageId, fileName: candidate.fileName, signal: group.signal, rule }]
    }),
  )

/**
 * Decides which packages go into which groups, signal by signal; whatever an earlier one has placed stays there. Nothing is
 * taken out of a group, and none is changed that a person has made.
 */
export const planGroups = ({
  candidates,
  groupOfMessage,
  isAutomatic,
  known,
  rules,
  timeWindowMinutes,
}: GroupingInput): GroupingPlan => {
  const groups: Array<Growing> = []
  const placed = new Map<string, Growing>()
  const byMessage = new Map(candidates.map((candidate) => [candidate.messageId, candidate]))
  const left = () => candidates.filter(({ packageId }) => !placed.has(packageId))
  const place = (group: Growing): void => {
    groups.push(group)
    for (const { packageId } of group.members) placed.set(packageId, group)
  }
  /** An answer to a package goes where that is, whatever had put that there. */
  const followAnswers = (): void => {
    for (const candidate of left().sort((a, b) => a.messageId - b.messageId)) {
      const answered = candidate.replyToMessageId ?? Number.NaN
      const growing = placed.get(byMessage.get(answered)?.packageId ?? "")
      const groupId = groupOfMessage.get(answered)
      if (growing !== undefined) {
        growing.members.push(candidate)
        placed.set(candidate.packageId, growing)
      } else if (groupId !== undefined) place({ groupId, signal: "reply", key: String(answered), members: [candidate] })
    }
  }
  for (const signal of signalsOf(timeWindowMinutes)) {
    if (!isAutomatic && signal.name !== "album") continue
    if (signal.name === "reply") followAnswers()
    const unplaced = left()
    const context: KeyContext = {
      rules,
      byMessage: new Map(unplaced.map((candidate) => [candidate.messageId, candidate])),
      answered: new Set(unplaced.flatMap(({ replyToMessageId }) => replyToMessageId ?? [])),
    }
    for (const [key, sharing] of Map.groupBy(unplaced, (candidate) => keyOf(signal, candidate, context))) {
      if (key === undefined) continue
      const alike = known.filter((group) => group.signal === signal.name && group.key === key)
      for (const cluster of clustersOf(signal, sharing, alike)) {
        const group = placeOf(signal, key, cluster)
        if (group !== undefined) place(group)
      }
    }
  }
  const planned = groups.map((group) => finished(group, rules))
  const byId = new Map(candidates.map((candidate) => [candidate.packageId, candidate]))
  return { groups: planned, conflicts: conflictsOf(planned, byId, rules) }
}
