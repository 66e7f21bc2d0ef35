import { describe, expect, it } from "vitest"
import { ToldUpdates } from "./told-updates.ts"

describe("A client that comes back", () => {
  it("has missed nothing when it acknowledged all that was sent", () => {
    const updates = new ToldUpdates()
    updates.sent(4n)
    updates.acknowledged(4n)
    expect(updates.takeMissed()).toBe(false)
  })

  it("may have missed what it did not acknowledge, and is told so once", () => {
    const updates = new ToldUpdates()
    updates.sent(4n)
    updates.sent(8n)
    updates.acknowledged(4n)
    expect([updates.takeMissed(), updates.takeMissed()]).toEqual([true, false])
  })

  it("has missed what came without a connection", () => {
    const updates = new ToldUpdates()
    updates.miss()
    expect([updates.hasMissed, updates.takeMissed(), updates.hasMissed]).toEqual([true, true, false])
  })

  it("has missed some of very many that it never acknowledged", () => {
    const updates = new ToldUpdates()
    for (let id = 0n; id < 2000n; id++) updates.sent(id)
    expect(updates.takeMissed()).toBe(true)
  })
})
