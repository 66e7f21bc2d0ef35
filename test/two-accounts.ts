import { Effect } from "effect"
import { addAccount } from "../db/accounts.ts"
import { Database } from "../db/database.ts"
import { freshDatabase } from "./fresh-database.ts"

/** A fresh database with two accounts, and how a test works on it. */
export const twoAccounts = async () => {
  const url = await freshDatabase()
  const check = <A, E>(work: Effect.Effect<A, E, Database>): Promise<A> =>
    Effect.runPromise(Effect.provide(work, Database.layer({ url, max: 8, applicationName: "test" })))
  const add = async (phone: string, displayName: string) => (await check(addAccount({ phone, displayName }))).id
  return { url, check, ana: await add("+10000000001", "Ana"), ben: await add("+10000000002", "Ben") }
}
