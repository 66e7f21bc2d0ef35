import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type CycleEvent, outcomes, stages } from "../../src/channel/account-rpcs.ts"
import { RunProgress } from "./run-activity.ts"

const progressOf = (...events: ReadonlyArray<CycleEvent>) => {
  const progress = new RunProgress(new Map([["channel", "Titan Forge"]]))
  progress.stand("scanning")
  for (const event of events) progress.note(event)
  return progress
}
const set = (number: number) => ({ setKey: `channel:${number}`, name: `Dragon ${number}.zip` })
const started = (number: number): CycleEvent => ({ _tag: "SetStarted", ...set(number), bytes: 100, volumes: 2 })
const moved = (number: number, doneBytes: number, stage: (typeof stages)[number] = "downloading"): CycleEvent => ({
  _tag: "SetProgress",
  ...set(number),
  stage,
  doneBytes,
  totalBytes: 100,
})
const left = (number: number, outcome: (typeof outcomes)[number]): CycleEvent => ({
  _tag: "SetLeft",
  ...set(number),
  sourceTitle: "Titan Forge",
  outcome,
  reason: "",
  contentHash: null,
  parts: 1,
  bytes: 100,
})
const reading = (messages: number, sets: number): CycleEvent => ({
  _tag: "SourceReading",
  channelId: "channel",
  title: "Titan Forge",
  messages,
  sets,
})

describe("the progress of a run", () => {
  it("tells which set moves, of how many, and how far all of it is, up and down", () => {
    const events = [reading(40, 3), started(1), started(2), moved(2, 50)]
    expect(progressOf(...events).activity).toEqual({
      currentActivity: "Downloading Dragon 2.zip",
      currentStep: "downloading",
      currentChannel: "Titan Forge",
      currentFile: "Dragon 2.zip",
      currentFileNum: 2,
      totalFiles: 3,
      downloadedBytes: 50,
      totalBytes: 100,
      downloadPercent: 50,
    })
    expect(progressOf(...events, moved(2, 25, "uploading")).activity).toMatchObject({
      currentActivity: "Uploading Dragon 2.zip",
      currentStep: "uploading",
      downloadedBytes: 25,
      downloadPercent: 25,
    })
  })

  it("stays with the set that was begun first until that has left", () => {
    const events = [started(1), moved(1, 10), started(2), moved(2, 90)]
    expect(progressOf(...events).activity).toMatchObject({ currentFileNum: 1, downloadPercent: 10 })
    expect(progressOf(...events, left(1, "published")).activity).toMatchObject({ currentFileNum: 2 })
  })

  it("has no file and no bytes while only messages are read, or nothing is", () => {
    const files = { currentFile: null, currentFileNum: null, totalFiles: null, downloadPercent: null, totalBytes: null }
    expect(progressOf(reading(40, 0)).activity).toMatchObject({
      ...files,
      currentActivity: "Reading Titan Forge",
      currentStep: "scanning",
      currentChannel: "Titan Forge",
    })
    expect(progressOf(started(1), moved(1, 10), left(1, "skipped")).activity).toMatchObject(files)
  })

  it("counts what was read as it is read, and every set once", () => {
    const scanned: CycleEvent = { _tag: "SourceScanned", title: "Titan Forge", messages: 90, sets: 2, ignored: 3 }
    const events = [reading(40, 1), reading(90, 2), started(1), started(1), started(2), scanned]
    expect(progressOf(...events, left(1, "published"), left(2, "duplicate")).counters).toEqual({
      messagesScanned: 90,
      zipsFound: 2,
      zipsDuplicate: 1,
      zipsIngested: 1,
    })
  })

  it("is within bounds whatever happens", () => {
    const number = fc.integer({ min: 1, max: 4 })
    const event: fc.Arbitrary<CycleEvent> = fc.oneof(
      number.map(started),
      fc.tuple(number, fc.integer({ min: 0, max: 200 }), fc.constantFrom(...stages)).map((drawn) => moved(...drawn)),
      fc.tuple(number, fc.constantFrom(...outcomes)).map((drawn) => left(...drawn)),
      fc.integer({ min: 0, max: 9 }).map((sets) => reading(10 * sets, sets)),
    )
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const { activity, counters } = progressOf(...events)
        expect(activity.downloadPercent ?? 0).toBeGreaterThanOrEqual(0)
        expect(activity.downloadPercent ?? 0).toBeLessThanOrEqual(100)
        expect(activity.currentFileNum ?? 0).toBeLessThanOrEqual(activity.totalFiles ?? 0)
        expect(activity.totalFiles ?? 0).toBeLessThanOrEqual(counters.zipsFound)
        expect(activity.currentActivity).not.toBeNull()
      }),
    )
  })
})
