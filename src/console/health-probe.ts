/**
 * Asks the console of this machine whether the worker is live, for the container's HEALTHCHECK: `node health-probe.ts`
 * prints what it found and exits with 0 or 1. It runs every half minute, so it loads nothing beside Node.
 */
import { readFileSync } from "node:fs"

/** The container's own limit is longer: a probe that is killed says nothing. */
const LIMIT_MILLIS = 8_000
/** Docker keeps 4096 bytes of what a probe says. */
const MOST_SAID = 2_000

export interface Finding {
  readonly isHealthy: boolean
  readonly said: string
}

type Environment = Readonly<Record<string, string | undefined>>

const given = (environment: Environment, name: string): string | undefined => {
  const value = environment[name]?.trim()
  return value === "" ? undefined : value
}

/** Listening on every address includes this one. */
const hostOf = (environment: Environment): string => {
  const host = given(environment, "STASH_CONSOLE_HOST") ?? "127.0.0.1"
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1"
  return host.includes(":") ? `[${host}]` : host
}

/** With the token the answer says why; a token that cannot be read costs no more than that. */
const tokenOf = (environment: Environment): string | undefined => {
  const file = given(environment, "STASH_CONSOLE_TOKEN_FILE")
  if (file === undefined) return given(environment, "STASH_CONSOLE_TOKEN")
  try {
    return readFileSync(file, "utf8").split("\n")[0]?.trim()
  } catch {
    return undefined
  }
}

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}

/** What the worker of this environment says of itself. Never fails: silence is a finding. */
export const probeHealth = async (environment: Environment): Promise<Finding> => {
  const port = given(environment, "STASH_CONSOLE_PORT") ?? "8787"
  if (port === "off" || port === "0")
    return {
      isHealthy: true,
      said: `STASH_CONSOLE_PORT=${port}: there is nothing to ask; set a port to have it looked at`,
    }
  const token = tokenOf(environment)
  try {
    const answer = await fetch(`http://${hostOf(environment)}:${port}/health/live`, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      redirect: "error",
      signal: AbortSignal.timeout(LIMIT_MILLIS),
    })
    return { isHealthy: answer.status === 200, said: `${answer.status} ${(await answer.text()).slice(0, MOST_SAID)}` }
  } catch (error) {
    return { isHealthy: false, said: `the console does not answer: ${reasonOf(error)}` }
  }
}

if (import.meta.main) {
  const { isHealthy, said } = await probeHealth(process.env)
  process.stdout.write(`${said.trim()}\n`)
  process.exitCode = isHealthy ? 0 : 1
}
