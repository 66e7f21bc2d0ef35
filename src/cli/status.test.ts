import { describe, expect, it } from "vitest"
import type { CurrentRun } from "../../db/library-totals.ts"
import { rateOf, type Status } from "./status-look.ts"
import { statusLines } from "./status-view.ts"

const runAt = (second: number, doneBytes: number, file = "Dragon.zip"): CurrentRun => ({
  accountId: "a",
  startedAt: new Date(0),
  saidAt: new Date(second * 1000),
  messagesScanned: 12,
  zipsFound: 3,
  zipsDuplicate: 1,
  zipsIngested: 1,
  step: "downloading",
  channel: null,
  file,
  doneBytes,
  totalBytes: 4_000_000,
})

describe("the rate of a transfer", () => {
  it("is what came over between two words of the account itself", () => {
    expect(rateOf(runAt(10, 1_000_000), runAt(12, 3_000_000))).toBe(1_000_000)
  })

  it("is not known of another file, at the first look, or while nothing new was said", () => {
    expect(rateOf(undefined, runAt(10, 1_000_000))).toBeNull()
    expect(rateOf(runAt(10, 1_000_000), runAt(12, 2_000_000, "Castle.zip"))).toBeNull()
    expect(rateOf(runAt(10, 1_000_000), runAt(10, 1_000_000))).toBeNull()
    expect(rateOf(runAt(10, 1_000_000), runAt(12, 500_000))).toBeNull()
  })
})

const status: Status = {
  time: "2026-11-25T23:00:00.000Z",
  workers: 1,
  library: { packages: 2, bytes: 3 * 2 ** 30, missing: 1 },
  sets: { claimed: 1, deferred: 0, waiting: 2, skipped: 3 },
  disk: { folder: "/data/temp", freeBytes: 5 * 2 ** 30 },
  accounts: [
    {
      id: "a",
      name: "Alice",
      phone: "155***01",
      state: "ingesting",
      login: "ready",
      reason: "throttled by Telegram, uploads, since 2026-11-25T22:00:00.000Z",
      waits: [],
      since: "2026-11-25T22:59:00.000Z",
      pausedSince: null,
      isPremium: true,
      restarts: 2,
      lastRestart: { at: "2026-11-25T22:58:59.000Z", reason: "the account cell ended: its event loop stood still" },
      supervisor: "here:1",
      run: {
        since: "2026-11-25T22:59:00.000Z",
        messagesScanned: 12,
        setsFound: 3,
        published: 1,
        duplicates: 1,
        step: "downloading",
        channel: null,
        file: "Dragon\u001B[2J\n.zip",
        doneBytes: 2 ** 20,
        totalBytes: 4 * 2 ** 20,
        bytesPerSecond: 2 ** 20,
        secondsLeft: 3,
      },
    },
  ],
}

describe("the status for people", () => {
  it("says what runs, how far it is, and why it is slow, in lines that steer no terminal", () => {
    expect(statusLines(status)).toEqual([
      "2026-11-25 23:00:00 UTC  the worker is running",
      "library: 2 packages, 3.0 GiB, 1 of them missing (stash package missing)",
      "sets: 1 under way, 0 put off, 2 wait for more of them, 3 skipped (stash skipped list)",
      "disk: 5.0 GiB free for downloads",
      "",
      "Alice  155***01  ingesting  (premium, since 2026-11-25 22:59:00, 2 restarts)",
      "  throttled by Telegram, uploads, since 2026-11-25T22:00:00.000Z",
      "  last restart 2026-11-25 22:58:59: the account cell ended: its event loop stood still",
      "  downloading Dragon\uFFFD.zip",
      "  [######------------------]  25 %  1.0 MiB of 4.0 MiB  1.0 MiB/s  3 s left",
      "  this cycle: 12 messages seen, 3 sets found, 1 published, 1 duplicates",
    ])
  })
})
