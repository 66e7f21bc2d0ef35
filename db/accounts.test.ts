import { Effect, Option } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import { freshDatabase } from "../test/fresh-database.ts"
import { activeAccounts, addAccount, markAuthenticated, setAuthState, takeAuthCode } from "./accounts.ts"
import { Database } from "./database.ts"
import { run } from "./statement.ts"

let url = ""
beforeEach(async () => {
  url = await freshDatabase()
})

const check = <A, E>(work: Effect.Effect<A, E, Database>) =>
  Effect.runPromise(Effect.provide(work, Database.layer({ url, max: 4, applicationName: "test" })))

const add = addAccount({ phone: "+10000000001", displayName: "Ana" })
const typeCode = (code: string) => run("type code", (sql) => sql`update "telegram_accounts" set "authCode" = ${code}`)

describe("accounts", () => {
  it("are added once per phone number, and wait for a login", () =>
    check(
      Effect.gen(function* () {
        const account = yield* add
        expect(account).toMatchObject({ phone: "+10000000001", isActive: true, authState: "PENDING", isPremium: false })
        expect(yield* addAccount({ phone: "+10000000001", displayName: "Other" })).toEqual(account)
      }),
    ))

  it("are active unless the operator switched them off", () =>
    check(
      Effect.gen(function* () {
        const { id } = yield* add
        const off = yield* addAccount({ phone: "+10000000002", displayName: null })
        yield* run("switch off", (sql) => sql`update "telegram_accounts" set "isActive" = false where "id" = ${off.id}`)
        expect((yield* activeAccounts()).map((account) => account.id)).toEqual([id])
      }),
    ))

  it("know whether they have Premium from their last login", () =>
    check(
      Effect.gen(function* () {
        const { id } = yield* add
        yield* markAuthenticated(id, true)
        expect(yield* activeAccounts()).toMatchObject([{ authState: "AUTHENTICATED", isPremium: true }])
        yield* markAuthenticated(id, false)
        expect(yield* activeAccounts()).toMatchObject([{ isPremium: false }])
      }),
    ))
})

describe("a login code", () => {
  it("is given once, to one of several that ask at the same time", () =>
    check(
      Effect.gen(function* () {
        const { id } = yield* add
        yield* typeCode("12345")
        const taken = yield* Effect.all([takeAuthCode(id), takeAuthCode(id), takeAuthCode(id)], { concurrency: 3 })
        expect(taken.filter(Option.isSome)).toEqual([Option.some("12345")])
        expect(yield* takeAuthCode(id)).toEqual(Option.none())
      }),
    ))

  it("is not taken for the password that is asked for next", () =>
    check(
      Effect.gen(function* () {
        const { id } = yield* add
        yield* setAuthState(id, "AWAITING_CODE")
        yield* typeCode("12345")
        yield* setAuthState(id, "AWAITING_CODE")
        yield* setAuthState(id, "AWAITING_PASSWORD")
        expect(yield* takeAuthCode(id)).toEqual(Option.none())
      }),
    ))
})
