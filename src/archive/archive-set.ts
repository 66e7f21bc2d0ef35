/**
 * Puts the files of one chat together into archive sets, by name, order and size alone.
 *
 * A set is the volumes of one archive as one sender posted them in one topic. What names cannot prove (that a run of
 * volumes has ended, that a .zip stands alone) is proven from the headers later, by checkCompleteness.
 */
import {
  type ArchiveType,
  archiveTypeOf,
  type Family,
  recogniseAmbiguousVolume,
  recogniseName,
  type VolumeName,
  volumeLabel,
} from "./volume-name.ts"

export type { ArchiveType, Family } from "./volume-name.ts"

/** A document message that may be a volume; `date` is in unix seconds. */
export interface SourceFile {
  readonly messageId: number
  readonly date: number
  readonly fileName: string
  readonly bytes: number
  readonly senderId: string | null
  readonly topicId: number | null
  readonly albumId: string | null
  readonly caption: string
  /** The message of the same chat that it answers; absent or null when it answers none. */
  readonly replyToMessageId?: number | null
}

/**
 * What the names say.
 * - `complete`: nothing is known to be missing.
 * - `waiting`: volumes are missing, or only the first one is there.
 * - `conflicting`: every volume of this set is there already, in a complete set posted before it; it may be the
 *   beginning of a second posting or a replacement, so it waits like `waiting` does.
 */
export type SetState = "complete" | "waiting" | "conflicting"

/** One archive, as posted once. */
export interface ArchiveSet<F extends SourceFile> {
  /** What people call it: the joined file's name for byte splits and spanned zips, else the first volume's name. */
  readonly name: string
  readonly archiveType: ArchiveType
  readonly family: Family
  /** In volume order, which is the order of the content hash. */
  readonly volumes: ReadonlyArray<F>
  /** The lowest message id of the set. */
  readonly firstMessageId: number
  readonly state: SetState
  /** Names of volumes known to be missing, at most 100. */
  readonly missing: ReadonlyArray<string>
  /** One sentence for an operator; empty when complete. */
  readonly problem: string
  readonly bytes: number
}

export interface GroupingOptions {
  /** Extensions taken as single documents: lower case, without dots. */
  readonly documentExtensions?: ReadonlyArray<string>
  /** A volume this many seconds away from the rest of a run only joins to fill a hole in it. Default: 30 days. */
  readonly maxGapSeconds?: number
}

const maxLabels = 100
/** Of those, so many are named in the sentence for an operator. */
const maxNamed = 10
const thirtyDays = 30 * 24 * 3600

interface Member<F> {
  readonly file: F
  readonly name: VolumeName
}

/** Numbered volumes that belong together, and at most one .zip or .rar beside them. */
interface Run<F> {
  readonly numbered: Map<number, Member<F>>
  anchor: Member<F> | undefined
  /** When it last grew, as a place in the order of messages. */
  lastGrown: number
  /** Unix seconds of its numbered volumes. */
  earliest: number
  latest: number
}

const membersOf = <F extends SourceFile>(run: Run<F>): Array<Member<F>> => {
  const numbered = [...run.numbered.values()].sort((a, b) => a.name.ordinal - b.name.ordinal)
  if (run.anchor === undefined) return numbered
  return run.anchor.name.family === "zip" ? [...numbered, run.anchor] : [run.anchor, ...numbered]
}

/** Seconds between a moment and the time in which a run was posted; 0 within it. */
const secondsApart = <F extends SourceFile>(run: Run<F>, date: number): number =>
  Math.max(0, run.earliest - date, date - run.latest)

/** The run that a volume joins: the one grown last that lacks it and is near in time, else one with a hole for it. */
const runFor = <F extends SourceFile>(
  runs: ReadonlyArray<Run<F>>,
  member: Member<F>,
  gap: number,
): Run<F> | undefined => {
  const { ordinal } = member.name
  const lacking = runs.filter((run) => !run.numbered.has(ordinal)).sort((a, b) => b.lastGrown - a.lastGrown)
  const near = lacking.find((run) => secondsApart(run, member.file.date) <= gap)
  return near ?? lacking.find((run) => Math.max(...run.numbered.keys()) > ordinal)
}

const makeRuns = <F extends SourceFile>(numbered: ReadonlyArray<Member<F>>, gap: number): Array<Run<F>> => {
  const runs: Array<Run<F>> = []
  numbered.forEach((member, place) => {
    const found = runFor(runs, member, gap)
    if (found === undefined) {
      const { date } = member.file
      const numbered = new Map([[member.name.ordinal, member]])
      runs.push({ numbered, anchor: undefined, lastGrown: place, earliest: date, latest: date })
    } else {
      found.numbered.set(member.name.ordinal, member)
      found.lastGrown = place
      found.earliest = Math.min(found.earliest, member.file.date)
      found.latest = Math.max(found.latest, member.file.date)
    }
  })
  return runs
}

/** How far a file is from a run: 0 when it was posted between its volumes, else the distance in message ids. */
const distance = <F extends SourceFile>(run: Run<F>, anchor: Member<F>): number => {
  const ids = [...run.numbered.values()].map((member) => member.file.messageId)
  const below = Math.min(...ids) - anchor.file.messageId
  const above = anchor.file.messageId - Math.max(...ids)
  return Math.max(0, below, above)
}

/** Gives each run the nearest free .zip or .rar, nearest pairs first; returns those that stand alone. */
const placeAnchors = <F extends SourceFile>(
  runs: ReadonlyArray<Run<F>>,
  anchors: ReadonlyArray<Member<F>>,
  gap: number,
): Array<Member<F>> => {
  const pairs = runs.flatMap((run) =>
    anchors
      .filter((anchor) => secondsApart(run, anchor.file.date) <= gap)
      .map((anchor) => ({ run, anchor, distance: distance(run, anchor) })),
  )
  pairs.sort((a, b) => a.distance - b.distance || a.anchor.file.messageId - b.anchor.file.messageId)
  const taken = new Set<Member<F>>()
  for (const { run, anchor } of pairs) {
    if (run.anchor !== undefined || taken.has(anchor)) continue
    run.anchor = anchor
    taken.add(anchor)
  }
  return anchors.filter((anchor) => !taken.has(anchor))
}

/** The family under which a file meets its siblings; an unnumbered .zip or .rar meets its numbered ones. */
const meetingFamily = (name: VolumeName): Family =>
  name.role === "anchor" ? (name.family === "zip" ? "zip_spanned" : "rar_old") : name.family

const sampleOf = <F extends SourceFile>(run: Run<F>): Member<F> => {
  const [sample] = run.numbered.values()
  if (sample === undefined) throw new Error("a run has at least one numbered volume")
  return sample
}

interface Gaps {
  readonly labels: ReadonlyArray<string>
  readonly count: number
}

/** The volumes that must exist, because higher ones do, but were not posted. */
const gapsOf = <F extends SourceFile>(run: Run<F>): Gaps => {
  const sample = sampleOf(run)
  const ordinals = [...run.numbered.keys()]
  const highest = Math.max(...ordinals)
  const first = sample.name.family === "rar_old" ? 2 : Math.min(1, ...ordinals)
  const labels: Array<string> = []
  let count = 0
  const note = (label: string) => {
    count += 1
    if (labels.length < maxLabels) labels.push(label)
  }
  const lacksAnchor = run.anchor === undefined
  if (sample.name.family === "rar_old" && lacksAnchor) note(volumeLabel(sample.name, 1))
  for (let ordinal = first; ordinal < highest; ordinal++) {
    if (!run.numbered.has(ordinal)) note(volumeLabel(sample.name, ordinal))
  }
  if (sample.name.family === "zip_spanned" && lacksAnchor) note(`${sample.name.stem}.zip`)
  return { labels, count }
}

const nameOf = <F extends SourceFile>(run: Run<F>, family: Family): string => {
  const sample = sampleOf(run).name
  switch (family) {
    case "zip_split":
    case "rar_split":
    case "seven_z_split":
    case "tar_split":
      return sample.stem
    case "zip_spanned":
    case "rar_old":
      return run.anchor?.file.fileName ?? (family === "zip_spanned" ? `${sample.stem}.zip` : volumeLabel(sample, 1))
    default: {
      const first = Math.min(1, ...run.numbered.keys())
      return run.numbered.get(first)?.file.fileName ?? volumeLabel(sample, first)
    }
  }
}

const sumOfBytes = (files: ReadonlyArray<SourceFile>): number => files.reduce((sum, file) => sum + file.bytes, 0)
const lowestMessageId = (files: ReadonlyArray<SourceFile>): number =>
  files.reduce((lowest, file) => Math.min(lowest, file.messageId), Number.POSITIVE_INFINITY)

const setOfOne = <F extends SourceFile>({ file, name }: Member<F>): ArchiveSet<F> => ({
  name: file.fileName,
  archiveType: name.archiveType,
  family: name.family,
  volumes: [file],
  firstMessageId: file.messageId,
  state: "complete",
  missing: [],
  problem: "",
  bytes: file.bytes,
})

/** What is wrong with a run by name alone; an empty sentence means that it counts as complete. */
const problemOf = <F extends SourceFile>(
  run: Run<F>,
  family: Family,
  gaps: Gaps,
  volumes: ReadonlyArray<F>,
): string => {
  if (gaps.count > 0) {
    const named = gaps.labels.slice(0, maxNamed)
    const more = gaps.count > named.length ? ` and ${gaps.count - named.length} more` : ""
    return gaps.count === 1
      ? `Volume ${named[0]} is missing.`
      : `${gaps.count} volumes are missing: ${named.join(", ")}${more}.`
  }
  // The .zip is by definition the last volume of a spanned zip, so the run has an end.
  if (family === "zip_spanned") return ""
  if (volumes.length < 2) return "Only the first volume has been posted."
  const sizes = volumes.map((volume) => volume.bytes)
  const last = sizes.at(-1) ?? 0
  if (last > Math.max(...sizes.slice(0, -1))) {
    const label = volumeLabel(sampleOf(run).name, Math.max(...run.numbered.keys()))
    return `Volume ${label} is larger than the ones before it, so it is not the last.`
  }
  return ""
}

const setOfRun = <F extends SourceFile>(run: Run<F>): ArchiveSet<F> => {
  const family = sampleOf(run).name.family
  const volumes = membersOf(run).map((member) => member.file)
  const gaps = gapsOf(run)
  const problem = problemOf(run, family, gaps, volumes)
  return {
    name: nameOf(run, family),
    archiveType: archiveTypeOf(family),
    family,
    volumes,
    firstMessageId: lowestMessageId(volumes),
    state: problem === "" ? "complete" : "waiting",
    missing: gaps.labels,
    problem,
    bytes: sumOfBytes(volumes),
  }
}

/** A waiting set whose every volume a complete set posted before it has too is a second claim to those volumes. */
const withConflicts = <F extends SourceFile>(runs: ReadonlyArray<Run<F>>): ReadonlyArray<ArchiveSet<F>> => {
  const sets = runs.map((run) => ({ run, set: setOfRun(run) }))
  const complete = sets.filter(({ set }) => set.state === "complete")
  return sets.map(({ run, set }) => {
    if (set.state !== "waiting") return set
    const ordinals = [...run.numbered.keys()]
    const rival = complete.find(
      (other) =>
        other.set.firstMessageId < set.firstMessageId && ordinals.every((ordinal) => other.run.numbered.has(ordinal)),
    )
    if (rival === undefined) return set
    const labels = set.volumes.slice(0, 3).map((volume) => volume.fileName)
    const problem = `Posted again beside the complete set of message ${rival.set.firstMessageId}: ${labels.join(", ")}.`
    return { ...set, state: "conflicting", problem }
  })
}

/** The second try: volumes whose names carry a duplicate suffix fill the holes of the run without it. */
const adoptCopies = <F extends SourceFile>(
  runsByKey: ReadonlyMap<string, Array<Run<F>>>,
  plainKeyOf: ReadonlyMap<string, string>,
  gap: number,
) => {
  for (const [key, copies] of runsByKey) {
    const plainKey = plainKeyOf.get(key) ?? key
    const originals = plainKey === key ? undefined : runsByKey.get(plainKey)
    if (originals === undefined) continue
    for (const copy of [...copies]) {
      if (setOfRun(copy).state === "complete") continue
      const host = originals.find(
        (original) =>
          setOfRun(original).state === "waiting" &&
          [...copy.numbered].every(
            ([ordinal, member]) => !original.numbered.has(ordinal) && secondsApart(original, member.file.date) <= gap,
          ),
      )
      if (host === undefined || (copy.anchor !== undefined && host.anchor !== undefined)) continue
      const joined: Run<F> = {
        numbered: new Map([...host.numbered, ...copy.numbered]),
        anchor: host.anchor ?? copy.anchor,
        lastGrown: host.lastGrown,
        earliest: Math.min(host.earliest, copy.earliest),
        latest: Math.max(host.latest, copy.latest),
      }
      if (gapsOf(joined).count > 0) continue
      originals.splice(originals.indexOf(host), 1, joined)
      copies.splice(copies.indexOf(copy), 1)
    }
  }
}

/** Volumes that may belong together by their names. */
interface Meeting<F> {
  readonly numbered: Array<Member<F>>
  readonly anchors: Array<Member<F>>
  /** The meeting of the name without a duplicate suffix. */
  readonly plainKey: string
}

/**
 * Lets files whose names have another meaning too (x.tar.br) into the run that has the volume before them, in size no
 * smaller: that one alone says what they are. Returns those that were let in.
 */
const joinAmbiguous = <F extends SourceFile>(
  ambiguous: ReadonlyArray<Member<F>>,
  keyOf: (member: Member<F>, stemKey: string) => string,
  meetings: ReadonlyMap<string, Meeting<F>>,
): ReadonlyArray<Member<F>> => {
  const joined: Array<Member<F>> = []
  // In the order of their numbers: two can follow each other, as x.tar.tr and x.tar.ts would.
  for (const member of [...ambiguous].sort((a, b) => a.name.ordinal - b.name.ordinal)) {
    const meeting = meetings.get(keyOf(member, member.name.stemKey))
    const isNext = meeting?.numbered.some(
      ({ file, name }) => name.ordinal === member.name.ordinal - 1 && file.bytes >= member.file.bytes,
    )
    if (meeting === undefined || isNext !== true) continue
    meeting.numbered.push(member)
    meeting.numbered.sort((a, b) => a.file.messageId - b.file.messageId)
    joined.push(member)
  }
  return joined
}

/**
 * Groups the files of one chat into archive sets, ordered by their first message id. Files that are neither an archive
 * nor a listed document are left out. The order of `files` does not matter: message ids say what was posted when.
 *
 * Files meet by topic, sender, family and stem. A volume whose number the run has already begins another set, so the
 * same set posted twice is two sets.
 */
export const groupArchiveSets = <F extends SourceFile>(
  files: ReadonlyArray<F>,
  options: GroupingOptions = {},
): ReadonlyArray<ArchiveSet<F>> => {
  const gap = options.maxGapSeconds ?? thirtyDays
  const singles: Array<Member<F>> = []
  const meetings = new Map<string, Meeting<F>>()
  const ambiguous: Array<Member<F>> = []
  const keyOf = ({ file, name }: Member<F>, stemKey: string): string =>
    JSON.stringify([file.topicId, file.senderId, meetingFamily(name), name.numbering.style === "letters", stemKey])
  for (const file of [...files].sort((a, b) => a.messageId - b.messageId)) {
    const asVolume = recogniseAmbiguousVolume(file.fileName)
    if (asVolume !== undefined) ambiguous.push({ file, name: asVolume })
    const name = recogniseName(file.fileName, options.documentExtensions)
    if (name === undefined) continue
    if (name.role === "single") {
      singles.push({ file, name })
      continue
    }
    const member = { file, name }
    const key = keyOf(member, name.stemKey)
    const meeting = meetings.get(key) ?? { numbered: [], anchors: [], plainKey: keyOf(member, name.plainStemKey) }
    meetings.set(key, meeting)
    const side = name.role === "volume" ? meeting.numbered : meeting.anchors
    side.push(member)
  }

  for (const member of joinAmbiguous(ambiguous, keyOf, meetings)) {
    const single = singles.findIndex(({ file }) => file === member.file)
    if (single >= 0) singles.splice(single, 1)
  }

  const runsByKey = new Map<string, Array<Run<F>>>()
  const plainKeyOf = new Map<string, string>()
  for (const [key, meeting] of meetings) {
    const runs = makeRuns(meeting.numbered, gap)
    const alone = placeAnchors(runs, meeting.anchors, gap)
    singles.push(...alone.filter((member) => member.name.role === "anchor"))
    if (runs.length > 0) runsByKey.set(key, runs)
    plainKeyOf.set(key, meeting.plainKey)
  }
  adoptCopies(runsByKey, plainKeyOf, gap)

  const sets = singles.map(setOfOne)
  for (const runs of runsByKey.values()) sets.push(...withConflicts(runs))
  return sets.sort((a, b) => a.firstMessageId - b.firstMessageId)
}
