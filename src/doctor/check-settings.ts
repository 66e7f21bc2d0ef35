import { createServer } from "node:net"
import { Effect, Result } from "effect"
import type { Config, ConfigError, ConsoleConfig } from "../config.ts"
import { consoleAccess } from "../console/access.ts"
import { connectToSandbox } from "../supervisor/sandbox-connection.ts"
import { missingCredentials, notSet } from "../telegram-credentials.ts"
import { check, fault } from "./finding.ts"

/** What is said of settings that cannot be used. */
export const badSettings = ({ problems }: ConfigError) =>
  check(
    "settings",
    `${problems.length} cannot be used`,
    ...problems.map(({ expected, name, value }) =>
      fault(`${name}=${value}`, "the worker does not start", `set ${name} to ${expected}, or take it away`),
    ),
  )

/** What every start needs beside good values: a Telegram to talk to. */
export const checkTelegram = Effect.fn("checkTelegram")(function* (config: Config) {
  if (config.sandboxUrl !== undefined)
    return yield* connectToSandbox(config.sandboxUrl).pipe(
      Effect.as(check("telegram", `the sandbox at ${config.sandboxUrl}`)),
      Effect.catch((error) =>
        Effect.succeed(
          check(
            "telegram",
            "the sandbox does not answer",
            fault(error.message, "the worker does not start", "start it (stash sandbox), or take STASH_SANDBOX away"),
          ),
        ),
      ),
    )
  const missing = missingCredentials(config)
  if (missing.length === 0) return check("telegram", "the API credentials are there (Telegram was not asked)")
  return check(
    "telegram",
    "no API credentials",
    fault(
      notSet(missing),
      "Telegram lets nobody in without, and the worker does not begin",
      "get them at my.telegram.org (API development tools), and set both",
    ),
  )
})

const isFree = (port: number, host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.once("error", () => resolve(false))
    probe.listen(port, host, () => probe.close(() => resolve(true)))
  })

/** Whether the console can be served; a worker that runs has its port itself. */
export const checkConsole = Effect.fn("checkConsole")(function* (settings: ConsoleConfig, isWorkerThere: boolean) {
  const { host, port } = settings
  if (port === undefined) return check("console", "off")
  const access = yield* Effect.result(consoleAccess(settings))
  if (Result.isFailure(access))
    return check(
      "console",
      "refused",
      fault(access.failure.message, "the worker does not start", "do what the sentence says"),
    )
  if (port === 0 || (yield* Effect.promise(() => isFree(port, host))))
    return check("console", `${host}:${port} is free`)
  if (isWorkerThere) return check("console", `${host}:${port} is in use while a worker runs`)
  return check(
    "console",
    `${host}:${port} cannot be had`,
    fault(
      `another program has port ${port}, or this machine has no address ${host}`,
      "the worker cannot serve its console, and does not start",
      "choose another STASH_CONSOLE_PORT (or off), or end that program (ss -ltnp)",
    ),
  )
})
