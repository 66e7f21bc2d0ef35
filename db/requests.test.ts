import { Effect, Option } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import { twoAccounts } from "../test/two-accounts.ts"
import {
  answerRequest,
  ask,
  failAbandonedRequests,
  failRequest,
  outcomeOf,
  sweepRequests,
  takeRequest,
} from "./requests.ts"
import { run } from "./statement.ts"

let ana = ""
let ben = ""

let check: Awaited<ReturnType<typeof twoAccounts>>["check"]

beforeEach(async () => {
  ;({ ana, ben, check } = await twoAccounts())
})

const askFor = (accountId: string, request: unknown = { list: true }, timeoutSeconds = 60) =>
  ask({ accountId, request, timeoutSeconds })
const stateOf = (id: string) => Effect.map(outcomeOf(id), Option.getOrThrow)

describe("a request to an account", () => {
  it("is taken once, by that account, the oldest first, and answered", () =>
    check(
      Effect.gen(function* () {
        const first = yield* askFor(ana, { title: "with \0 and \ud800" })
        const second = yield* askFor(ana)
        expect(yield* takeRequest(ben)).toEqual(Option.none())
        const taken = yield* Effect.all(
          Array.from({ length: 8 }, () => takeRequest(ana)),
          { concurrency: "unbounded" },
        )
        const ids = taken.flatMap((one) => (Option.isSome(one) ? [one.value.id] : []))
        expect([...ids].sort()).toEqual([first, second].sort())
        yield* answerRequest(first, { chats: [1] })
        expect(yield* stateOf(first)).toEqual({ state: "answered", answer: { chats: [1] }, error: null })
        yield* failRequest(first, "too late")
        expect((yield* stateOf(first)).state).toBe("answered")
      }),
    ))

  it("is not begun when nobody waits for it any more", () =>
    check(
      Effect.gen(function* () {
        const late = yield* askFor(ana, {}, -1)
        const left = yield* askFor(ana)
        yield* failRequest(left, "nobody waits")
        expect(yield* takeRequest(ana)).toEqual(Option.none())
        yield* sweepRequests()
        expect(yield* stateOf(late)).toMatchObject({ state: "failed", error: "no worker did it in time" })
      }),
    ))

  it("fails when the account was restarted while it worked on it, and is never done twice", () =>
    check(
      Effect.gen(function* () {
        const id = yield* askFor(ana)
        yield* takeRequest(ana)
        yield* failAbandonedRequests(ben)
        expect((yield* stateOf(id)).state).toBe("taken")
        yield* failAbandonedRequests(ana)
        expect(yield* stateOf(id)).toMatchObject({ state: "failed", error: expect.stringContaining("restarted") })
        expect(yield* takeRequest(ana)).toEqual(Option.none())
      }),
    ))

  it("is forgotten a day after its end", () =>
    check(
      Effect.gen(function* () {
        const id = yield* askFor(ana)
        yield* failRequest(id, "no")
        yield* sweepRequests()
        expect((yield* stateOf(id)).state).toBe("failed")
        yield* run("age", (sql) => sql`update stash_requests set "endedAt" = now() - interval '25 hours'`)
        yield* sweepRequests()
        expect(yield* outcomeOf(id)).toEqual(Option.none())
      }),
    ))
})
