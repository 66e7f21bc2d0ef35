import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Ref } from "effect"
import { addAccount, takeAuthCode } from "../../db/accounts.ts"
import { Database } from "../../db/database.ts"
import { run } from "../../db/statement.ts"
import { freshDatabase } from "../../test/fresh-database.ts"
import { loginError } from "../channel/account-rpcs.ts"
import type { Cell } from "./cell.ts"
import { LoginAnswers } from "./login-answers.ts"
import { answerLogin, type LoginQuestion } from "./login-codes.ts"
import { seal } from "./sealed-answer.ts"

const question = (accountId: string, sandboxCode?: string): LoginQuestion => ({
  accountId,
  state: { _tag: "WaitingCode", sentBy: "" },
  sandboxCode,
  onAwaiting: () => Effect.void,
})

/** The two answers of a cell; Telegram takes the code 22222 alone. */
const cellThat = (submitted: Ref.Ref<ReadonlyArray<string>>): Cell => {
  const submit = (secret: string) =>
    Ref.update(submitted, (before) => [...before, secret]).pipe(
      Effect.andThen(secret === "22222" ? Effect.void : loginError("wrong_code")),
    )
  const account = {
    SubmitCode: ({ code }: { code: string }) => submit(code),
    SubmitPassword: ({ password }: { password: string }) => submit(password),
  }
  return { account: account as unknown as Cell["account"], ended: Effect.never, isHeavy: () => false, processId: null }
}

const typeCode = (accountId: string, code: string) =>
  run("typeCode", (sql) => sql`update telegram_accounts set "authCode" = ${code} where "id" = ${accountId}`)

const onFreshDatabase = <A, E>(work: Effect.Effect<A, E, Database | LoginAnswers>) =>
  Effect.flatMap(Effect.promise(freshDatabase), (url) =>
    Effect.provide(work, Layer.merge(Database.layer({ url, max: 3, applicationName: "test" }), LoginAnswers.layer)),
  )

describe("a login that waits for a code", () => {
  it.live("takes what people type into the account's row, wipes it, and waits for another after a wrong one", () =>
    onFreshDatabase(
      Effect.gen(function* () {
        const { id } = yield* addAccount({ phone: "15550001001", displayName: "Alice" })
        const submitted = yield* Ref.make<ReadonlyArray<string>>([])
        yield* typeCode(id, "11111")
        const answering = answerLogin(cellThat(submitted), question(id))
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
        yield* answerLogin(cellThat(submitted), question("nobody", "22222"))
        assert.deepStrictEqual(yield* Ref.get(submitted), ["22222"])
      }),
    ),
  )

  it.live("takes what a command seals for it, once it says that it waits, and asks again after a wrong one", () =>
    onFreshDatabase(
      Effect.gen(function* () {
        const answers = yield* LoginAnswers
        const submitted = yield* Ref.make<ReadonlyArray<string>>([])
        const say = (text: string) =>
          answers.deliver("me", seal(JSON.stringify({ _tag: "Secret", text }), answers.publicKey))
        const asked = yield* Ref.make<ReadonlyArray<string | undefined>>([])
        yield* say("22222")
        yield* answerLogin(cellThat(submitted), {
          ...question("me"),
          onAwaiting: (refused) =>
            Effect.andThen(
              Ref.update(asked, (before) => [...before, refused?.problem]),
              say(refused === undefined ? "11111" : "22222"),
            ),
        })
        assert.deepStrictEqual(yield* Ref.get(submitted), ["11111", "22222"])
        assert.deepStrictEqual(yield* Ref.get(asked), [undefined, "wrong_code"])
      }),
    ),
  )
})
