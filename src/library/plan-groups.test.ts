import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type GroupCandidate, type GroupingRule, signalsOf } from "./group-signals.ts"
import { type GroupingInput, type KnownGroup, planGroups } from "./plan-groups.ts"

const noon = 1_700_000_000
const HOUR = 3600
const DAY = 24 * HOUR

let lastMessage = 0
const candidate = (changes: Partial<GroupCandidate> = {}): GroupCandidate => {
  lastMessage += 1
  return {
    packageId: `p${lastMessage}`,
    messageId: lastMessage,
    fileName: `File${lastMessage}.zip`,
    creator: null,
    caption: null,
    replyToMessageId: null,
    albumId: null,
    senderId: "chat:-1001",
    topicId: null,
    rootFolder: null,
    // Far from each other.
    postedAt: noon + lastMessage * DAY * 30,
    ...changes,
  }
}

const plan = (candidates: ReadonlyArray<GroupCandidate>, changes: Partial<GroupingInput> = {}) =>
  planGroups({
    candidates,
    known: [],
    groupOfMessage: new Map(),
    rules: [],
    timeWindowMinutes: 5,
    isAutomatic: true,
    ...changes,
  })

const only = (candidates: ReadonlyArray<GroupCandidate>, changes: Partial<GroupingInput> = {}) => {
  const { groups } = plan(candidates, changes)
  expect(groups).toHaveLength(1)
  return groups[0]
}

const rule = (changes: Partial<GroupingRule> = {}): GroupingRule => ({
  id: "r1",
  pattern: "dragon",
  confidence: 1,
  createdByGroupId: "by hand",
  ...changes,
})

describe("packages are put together by", () => {
  it("their album, named after its caption", () => {
    const files = [candidate({ albumId: "7" }), candidate({ albumId: "7", caption: "Red Dragon\nin parts" })]
    expect(only([...files, candidate({ albumId: "8" })])).toMatchObject({
      signal: "album",
      key: "7",
      groupId: null,
      name: "Red Dragon",
      packageIds: files.map(({ packageId }) => packageId),
    })
  })

  it("a rule that the app has learned", () => {
    const files = [candidate({ fileName: "Dragon body.zip" }), candidate({ creator: "Dragon Trappers" })]
    expect(only([...files, candidate()], { rules: [rule()] })).toMatchObject({ signal: "rule", name: "dragon" })
  })

  it("what they answer, and the package that is answered with them", () => {
    const first = candidate({ fileName: "Castle walls.zip" })
    const second = candidate({ fileName: "Castle gate.zip", replyToMessageId: first.messageId })
    const third = candidate({ fileName: "Castle tower.zip", replyToMessageId: second.messageId })
    expect(only([third, first, second])).toMatchObject({
      signal: "reply",
      name: "Castle",
      packageIds: [first, second, third].map(({ packageId }) => packageId),
    })
  })

  it("their caption, within a day", () => {
    const captioned = (hours: number) => candidate({ caption: "Orc warband, set 4", postedAt: noon + hours * HOUR })
    expect(only([captioned(0), captioned(20), captioned(60)])).toMatchObject({
      signal: "caption",
      name: "Orc warband, set 4",
      packageIds: [expect.anything(), expect.anything()],
    })
  })

  it("the month that their names tell, if they have the same creator", () => {
    const monthly = (creator: string, fileName: string) => candidate({ creator, fileName, postedAt: noon })
    const files = [
      monthly("Titan Forge", "TF 2024-03 heroes.zip"),
      monthly("Titan Forge", "TF March 2024 terrain.zip"),
      monthly("Loot", "Loot 2024-03.zip"),
    ]
    expect(only(files, { timeWindowMinutes: 0 })).toMatchObject({
      signal: "pattern",
      name: "Titan Forge 2024-03",
      packageIds: files.slice(0, 2).map(({ packageId }) => packageId),
    })
  })

  it("the beginning of their names", () => {
    const files = ["Orc Warband (supported).zip", "Orc Warband (unsupported).zip"].map((fileName) =>
      candidate({ fileName, postedAt: noon }),
    )
    expect(only(files)).toMatchObject({ signal: "pattern", name: "Orc Warband" })
  })

  it("the folder within them", () => {
    const files = [candidate({ rootFolder: "Project X" }), candidate({ rootFolder: "project x" })]
    expect(plan(files).groups).toEqual([])
    expect(only(files.map((file) => ({ ...file, postedAt: noon })))).toMatchObject({
      signal: "folder",
      name: "Project X",
    })
  })

  it("their creator, when there are three on one day", () => {
    const some = (count: number) =>
      Array.from({ length: count }, (_, n) => candidate({ creator: "Loot", postedAt: noon + n * HOUR }))
    expect(plan(some(2)).groups).toEqual([])
    expect(only(some(3))).toMatchObject({ signal: "creator", name: "Loot" })
  })

  it("their time, when one sender posted them within minutes, in one topic", () => {
    const posted = (seconds: number, changes: Partial<GroupCandidate> = {}) =>
      candidate({ postedAt: noon + seconds, ...changes })
    expect(only([posted(0), posted(300), posted(601)])).toMatchObject({
      signal: "time",
      packageIds: [expect.anything(), expect.anything()],
    })
    expect(plan([posted(0), posted(9, { senderId: "user:1" }), posted(9, { topicId: 5 })]).groups).toEqual([])
    expect(plan([posted(0), posted(9)], { timeWindowMinutes: 0 }).groups).toEqual([])
  })

  it("nothing, when a whole channel is posted at once", () => {
    const all = Array.from({ length: 200 }, (_, n) => candidate({ postedAt: noon + n }))
    expect(plan(all).groups).toEqual([])
  })

  it("albums alone, when the operator wants no more", () => {
    const files = [candidate({ postedAt: noon }), candidate({ postedAt: noon })]
    expect(plan(files, { isAutomatic: false }).groups).toEqual([])
    const album = files.map((file) => ({ ...file, albumId: "1" }))
    expect(plan(album, { isAutomatic: false }).groups).toHaveLength(1)
  })
})

describe("a package that comes later", () => {
  const known: KnownGroup = {
    groupId: "g",
    signal: "caption",
    key: "0|castle gate",
    firstAt: noon,
    lastAt: noon + HOUR,
    members: 2,
  }

  it("joins the group that has its key, when it was posted near it", () => {
    const caption = "Castle gate"
    expect(only([candidate({ caption, postedAt: noon + DAY })], { known: [known] })).toMatchObject({ groupId: "g" })
    expect(plan([candidate({ caption, postedAt: noon + 3 * DAY })], { known: [known] }).groups).toEqual([])
    const full = { ...known, members: 50 }
    expect(plan([candidate({ caption, postedAt: noon + DAY })], { known: [full] }).groups).toEqual([])
  })

  it("joins the package that it answers", () => {
    const answer = candidate({ replyToMessageId: 12_345 })
    expect(only([answer], { groupOfMessage: new Map([[12_345, "g"]]) })).toMatchObject({
      groupId: "g",
      signal: "reply",
    })
  })
})

describe("a conflict", () => {
  it("is a package in an album that a rule wants elsewhere", () => {
    const album = ["Dragon.zip", "Knight.zip"].map((fileName) => candidate({ fileName, albumId: "7" }))
    expect(plan(album, { rules: [rule()] }).conflicts).toEqual([
      { packageId: album[0]?.packageId, fileName: "Dragon.zip", signal: "album", rule: rule() },
    ])
  })

  it("is a package that two rules want, and the more trusted one has it", () => {
    const files = [candidate({ fileName: "Red Dragon 1.zip" }), candidate({ fileName: "Red Dragon 2.zip" })]
    const other = rule({ id: "r2", pattern: "red", confidence: 0.5, createdByGroupId: "another" })
    const { conflicts, groups } = plan(files, { rules: [other, rule()] })
    expect(groups).toMatchObject([{ signal: "rule", key: "r1" }])
    expect(conflicts.map(({ rule: { id } }) => id)).toEqual(["r2", "r2"])
  })
})

describe("whatever the packages", () => {
  const few = <A>(...values: ReadonlyArray<A>) => fc.constantFrom<A>(...values)
  const packages = fc
    .array(
      fc.record({
        fileName: few("Orc 2024-03.zip", "Orc Warband (a).zip", "Orc Warband (b).rar", "Dragon - Body.zip", "x.7z"),
        creator: few(null, "Loot", "Titan"),
        caption: few(null, "Orc warband", "Castle gate"),
        replyTo: few(null, null, 1, 2, 3),
        albumId: few(null, null, "1", "2"),
        senderId: few("a", "b"),
        topicId: few(null, 1),
        rootFolder: few(null, "Project"),
        postedAt: fc.integer({ min: noon, max: noon + 20 * DAY }),
      }),
      { maxLength: 15 },
    )
    .map((drawn) =>
      drawn.map(({ replyTo, ...one }, index): GroupCandidate => {
        const messageId = index + 1
        const replyToMessageId = replyTo !== null && replyTo < messageId ? replyTo : null
        return { ...one, packageId: `p${messageId}`, messageId, replyToMessageId }
      }),
    )
  const rules = few<ReadonlyArray<GroupingRule>>([], [rule({ pattern: "orc" })], [rule({ pattern: "loot" })])

  it("each is in one group at most, and no new group is too small or too large", () => {
    fc.assert(
      fc.property(packages, rules, (candidates, rules) => {
        const { groups } = plan(candidates, { rules })
        const ids = groups.flatMap(({ packageIds }) => packageIds)
        expect(new Set(ids).size).toBe(ids.length)
        for (const group of groups) {
          const signal = signalsOf(5).find(({ name }) => name === group.signal)
          expect(group.packageIds.length).toBeGreaterThanOrEqual(signal?.atLeast ?? Number.NaN)
          expect(group.name).not.toBe("")
        }
      }),
    )
  })

  it("the order in which they are told does not matter", () => {
    const shapeOf = (candidates: ReadonlyArray<GroupCandidate>, rules: ReadonlyArray<GroupingRule>) =>
      plan(candidates, { rules })
        .groups.map(({ name, packageIds, signal }) => JSON.stringify([signal, name, packageIds]))
        .sort()
    fc.assert(
      fc.property(packages, rules, (candidates, rules) => {
        expect(shapeOf([...candidates].reverse(), rules)).toEqual(shapeOf(candidates, rules))
      }),
    )
  })

  it("a second look changes nothing", () => {
    fc.assert(
      fc.property(packages, rules, (candidates, rules) => {
        const { groups } = plan(candidates, { rules })
        const groupOf = new Map(groups.flatMap(({ packageIds }, n) => packageIds.map((id) => [id, `g${n}`] as const)))
        const again = plan(
          candidates.filter(({ packageId }) => !groupOf.has(packageId)),
          {
            rules,
            known: groups.map(({ packageIds, ...group }, n) => ({
              ...group,
              groupId: `g${n}`,
              members: packageIds.length,
            })),
            groupOfMessage: new Map(
              candidates.flatMap(({ messageId, packageId }) => {
                const groupId = groupOf.get(packageId)
                return groupId === undefined ? [] : [[messageId, groupId] as const]
              }),
            ),
          },
        )
        expect(again.groups).toEqual([])
      }),
      { numRuns: 500 },
    )
  })
})
