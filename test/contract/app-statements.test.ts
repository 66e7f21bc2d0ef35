import { Effect } from "effect"
import postgres from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { migrate } from "../../db/migrate.ts"
import { freshDatabase } from "../fresh-database.ts"
import { fillAsPredecessor, predecessorDatabase } from "../predecessor/predecessor-database.ts"
import { type AppAction, appActions } from "./app-statements.ts"

const open = (url: string) => postgres(url, { max: 1, onnotice: () => undefined })

/** Thrown to undo what an action did. */
class Undo extends Error {}

/** The answers to an action's statements; those without an order of their own in one. What it wrote is undone. */
const answersOf = async (sql: postgres.Sql, { statements }: AppAction): Promise<ReadonlyArray<unknown>> => {
  const answers: Array<unknown> = []
  const act = sql.begin(async (transaction) => {
    for (const { text, values } of statements) {
      const rows = await transaction.unsafe(text, [...values])
      const found = rows.map((row) => JSON.stringify(row))
      answers.push({ text, count: rows.count, rows: /order by/i.test(text) ? found : found.sort() })
    }
    throw new Undo()
  })
  await act.catch((error: unknown) => {
    if (!(error instanceof Undo)) throw error
  })
  return answers
}

/** Tables of the app's that a worker neither needs nor makes. */
const ofOthers = /"(?:User|bot_subscriptions|kickstarter\w*)"/

describe("what the web app and the bot ask of the database", () => {
  let before: postgres.Sql
  let adopted: postgres.Sql
  let ours: postgres.Sql
  beforeAll(async () => {
    const [beforeUrl, adoptedUrl, oursUrl] = await Promise.all([
      predecessorDatabase(),
      predecessorDatabase(),
      freshDatabase(),
    ])
    await Effect.runPromise(migrate(adoptedUrl))
    await fillAsPredecessor(oursUrl)
    before = open(beforeUrl)
    adopted = open(adoptedUrl)
    ours = open(oursUrl)
  })
  afterAll(async () => {
    await Promise.all([before, adopted, ours].map((sql) => sql.end()))
  })

  it.each(appActions)("is answered as ever on an adopted database: $name", async (action) => {
    expect(await answersOf(adopted, action)).toEqual(await answersOf(before, action))
  })

  const forWorkers = appActions.filter(({ statements }) => !statements.some(({ text }) => ofOthers.test(text)))
  it.each(forWorkers)("is answered as ever on a database of ours: $name", async (action) => {
    expect(await answersOf(ours, action)).toEqual(await answersOf(before, action))
  })
})
