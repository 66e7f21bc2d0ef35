import { mkdir } from "node:fs/promises"
import { dirname } from "node:path"
import { Effect } from "effect"
import { logEvent } from "../log-line.ts"

/**
 * Makes the folder of TDLib's databases, for nobody but the worker's own user: TDLib itself lets everybody read some of
 * them. One that is there already is left as it is; stash doctor tells when others can look in.
 */
export const makeSessionFolder = (path: string) =>
  Effect.tryPromise(async () => {
    // The folders above serve others too, such as the user of the embedded database server.
    await mkdir(dirname(path), { recursive: true })
    await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error
    })
  }).pipe(
    Effect.catch(({ cause }) =>
      logEvent.error("folder.unusable", "The folder of TDLib's databases cannot be made", {
        path,
        error: String(cause),
      }),
    ),
  )
