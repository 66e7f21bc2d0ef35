import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Ref } from "effect"
import { addAccount, takeAuthCode } from "../../db/accounts.ts"
import { Database } from "../../db/database.ts"
import { run } from "../../db/statement.ts"
import { freshDatabase } from "../../test/fresh-database.ts"
import { AccountError } from "../channel/account-rpcs.ts"
import type { Cell } from "./cell.ts"
import { answerLogin } from "./login-codes.ts"

const waitingCode = { _tag: "WaitingCode" } as const

/** The two answers of a cell; Telegram takes the code 22222 alone. */
const cellThat = (submitted: Ref.Ref<ReadonlyArray<string>>): Cell => {
  const submit = (secret: string) =>
    Ref.update(submitted, (before) => [...before, secret]).pipe(
      Effect.andThen(
        secret === "22222" ? Effect.void : new AccountError({ who: "operator", message: "PHONE_CODE_INVALID" }),
      ),
    )
  const account = {
    SubmitCode: ({ code }: { code: string }) => submit(code),
    SubmitPassword: ({ password }: { password: string }) => submit(password),
  }
  return { account: account as unknown as Cell["account"], ended: Effect.never, isHeavy: () => false }
}

const typeCode = (accountId: string, code: string) =>
  run("typeCode", (sql) => sql`update telegram_accounts set "authCode" = ${code} where "id" = ${accountId}`)

const onFreshDatabase = <A, E>(work: Effect.Effect<A, E, Database>) =>
  Effect.flatMap(Effect.promise(freshDatabase), (url) =>
    Effect.provide(work, Database.layer({ url, max: 3, applicationName: "test" })),
  )

describe("a login that waits for a code", () => {
  it.live("takes what people type into the account's row, wipes it, and waits for another after a wrong one", () =>
    onFreshDatabase(
      Effect.gen(function* () {
        const { id } = yield* addAccount({ phone: "15550001001", displayName: "Alice" })
        const submitted = yield* Ref.make<ReadonlyArray<string>>([])
        yield* typeCode(id, "11111")
        const answering = answerLogin(cellThat(submitted), id, waitingCode, undefined)
        const typing = Ref.get(submitted).pipe(
          Effect.repeat({ until: (all) => all.length === 1 }),
          Effect.andThen(typeCode(id, "22222")),
        )
        yield* Effect.all([answering, typing], { concurrency: "unbounded" })
        assert.deepStrictEqual(yield* Ref.get(submitted), ["11111", "22222"])
        assert.isTrue(Option.isNone(yield* takeAuthCode(id)))
      }),
    ),
  )

  it.live("takes the sandbox's code without asking anybody", () =>
    onFreshDatabase(
      Effect.gen(function* () {
        const submitted = yield* Ref.make<ReadonlyArray<string>>([])
        yield* answerLogin(cellThat(submitted), "nobody", waitingCode, "22222")
        assert.deepStrictEqual(yield* Ref.get(submitted), ["22222"])
      }),
    ),
  )
})
