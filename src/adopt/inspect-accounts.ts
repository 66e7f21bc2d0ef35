import { constants } from "node:fs"
import { access } from "node:fs/promises"
import { join } from "node:path"
import { Effect } from "effect"
import { type LeftAccount, leftAccounts } from "../../db/installation.ts"
import type { Finding } from "./finding.ts"
import type { InspectedAccount } from "./inspection.ts"
import { isOpen, layoutOf } from "./tdlib-folder.ts"

const mayChange = (folder: string): Promise<boolean> =>
  access(folder, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )

const about = "accounts"

const withoutSession = (name: string, folder: string, { authState, isActive }: LeftAccount): Finding => {
  if (!isActive) return { kind: "note", about, what: `${name} is switched off, and has no session in ${folder}` }
  if (authState !== "AUTHENTICATED" && authState !== "EXPIRED")
    return { kind: "note", about, what: `${name} was never logged in: it asks for a code once the worker runs` }
  return {
    kind: "warning",
    about,
    what: `${name} was logged in, and has no session in ${folder}: it will be parked`,
    remedy: "let TDLIB_STATE_DIR be the former worker's folder, or: stash account login NAME",
  }
}

const inspectAccount = async (stateDirectory: string, account: LeftAccount): Promise<InspectedAccount> => {
  const folder = join(stateDirectory, account.id)
  const name = account.name ?? account.id
  const say = (finding: Omit<Finding, "about">, isToMove = false): InspectedAccount => ({
    folder,
    isToMove,
    finding: { about, ...finding },
  })
  switch (await layoutOf(folder)) {
    case "none":
      return say(withoutSession(name, folder, account))
    case "ours":
      return say({ kind: "note", what: `${name}: its session is this worker's already` })
    case "both":
      return say({
        kind: "warning",
        what: `${name} has two sessions in ${folder}: the former worker has logged in after this one took over; this worker goes on with its own`,
        remedy: `end the other one (Settings, Devices of an official app), then delete td.binlog and db.sqlite* from ${folder}`,
      })
    case "former": {
      if (await isOpen(folder))
        return say({
          kind: "blocker",
          what: `${name}: a process has ${folder} open`,
          remedy: "stop the former worker",
        })
      if (!(await mayChange(folder)))
        return say({
          kind: "blocker",
          what: `${name}: ${folder} may not be changed by the user that runs this`,
          remedy: "give it to the worker's user (chown -R), the files in it too",
        })
      const expired =
        account.authState === "EXPIRED" ? "; the web app shows it as expired, which its next start decides" : ""
      return say(
        { kind: "step", what: `${name}: its session is taken over in ${folder}, without a login${expired}` },
        true,
      )
    }
  }
}

/** What is to be said of the accounts and their TDLib folders. Changes nothing. Fails with `DatabaseError`. */
export const inspectAccounts = Effect.fn("inspectAccounts")(function* (stateDirectory: string) {
  const accounts = yield* leftAccounts()
  return yield* Effect.promise(() => Promise.all(accounts.map((account) => inspectAccount(stateDirectory, account))))
})
