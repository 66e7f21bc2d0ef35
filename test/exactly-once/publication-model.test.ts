import { describe, expect, it } from "vitest"
import { explore } from "./explorer.ts"
import { allSafeguards, type Budget, publicationModel, type Safeguards } from "./publication-model.ts"

const MAX_STATES = 2_000_000
const kill = { accounts: 2, parts: 1, crashes: 1, lockLosses: 1 }

describe("the protocol of publishing, in every order of events", () => {
  it.each<Budget>([
    kill,
    { accounts: 2, parts: 1, crashes: 2, lockLosses: 0 },
    { accounts: 2, parts: 2, crashes: 2, lockLosses: 0 },
    { accounts: 2, parts: 2, crashes: 0, lockLosses: 1 },
  ])("ends with one copy and one package of $parts parts after $crashes kills and $lockLosses lost locks", (budget) => {
    const { counterexample, finalStates, states } = explore(publicationModel(allSafeguards, budget), MAX_STATES)
    expect(counterexample).toBeUndefined()
    expect(finalStates).toBeGreaterThan(0)
    expect(states).toBeGreaterThan(1000)
  })

  it.each<readonly [string, Partial<Safeguards>, string]>([
    ["the hash lock and the second look", { hashLock: false, recheck: false }, "two packages of one content"],
    ["the second look under the lock", { recheck: false }, "two packages of one content"],
    ["the sweep", { sweep: false }, "2 messages for 1 parts"],
    ["leaving alone what is being sent", { withdraw: true }, "the package names message 1, which is not there"],
    ["keeping unrecorded messages", { surplusNeedsRecord: false }, "the package names message 1, which is not there"],
  ])("breaks without %s", (_, missing, problem) => {
    const { counterexample } = explore(publicationModel({ ...allSafeguards, ...missing }, kill), MAX_STATES)
    expect(counterexample?.problem).toBe(problem)
  })

  it.each<readonly [string, Partial<Safeguards>]>([
    ["the fencing tokens", { fencing: false }],
    ["withdrawing pointless messages while offline", { cancelOffline: false }],
    ["adopting what was delivered unrecorded", { adopt: false }],
  ])("ends right even without %s, which are a second line", (_, missing) => {
    const { counterexample } = explore(publicationModel({ ...allSafeguards, ...missing }, kill), MAX_STATES)
    expect(counterexample).toBeUndefined()
  })
})

describe("an account alone", () => {
  const alone = { accounts: 1, parts: 2, crashes: 2, lockLosses: 1 }
  const sendsOnce = (safeguards: Safeguards) => {
    const model = publicationModel(safeguards, alone)
    return explore(
      { ...model, problem: (state) => (state.messages.length > alone.parts ? "a part was sent twice" : undefined) },
      MAX_STATES,
    )
  }

  it("never sends a part twice, whatever dies", () => {
    expect(sendsOnce(allSafeguards).counterexample).toBeUndefined()
  })

  it("would send one twice if it did not adopt what was delivered unrecorded", () => {
    expect(sendsOnce({ ...allSafeguards, adopt: false }).counterexample?.problem).toBe("a part was sent twice")
  })
})
