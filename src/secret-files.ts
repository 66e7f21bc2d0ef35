import { readFileSync } from "node:fs"
import { Effect } from "effect"

/** The settings that may come in a file, as a container's secrets do: `NAME_FILE` names it, its first line is the value. */
export const secretsInFiles = ["DATABASE_URL", "TELEGRAM_API_HASH", "STASH_PROXY"] as const

interface Problem {
  readonly name: string
  readonly value: string
  readonly expected: string
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const readOne = (name: string, file: string, isGivenTwice: boolean): { readonly text: string } | Problem => {
  const problem = (expected: string): Problem => ({ name: `${name}_FILE`, value: file, expected })
  if (isGivenTwice) return problem(`either ${name} or ${name}_FILE, not both`)
  try {
    const text = (readFileSync(file, "utf8").split("\n")[0] ?? "").trim()
    return text === "" ? problem("a file with the value in its first line, which is empty") : { text }
  } catch (error) {
    return problem(`a file that can be read (${reasonOf(error)})`)
  }
}

/**
 * The environment with the secrets out of their files, and what is wrong with the files. Read anew at every call, and
 * never put into `process.env`, which child processes inherit.
 */
export const readSecretFiles = (environment: Readonly<Record<string, string | undefined>>) =>
  Effect.sync(() => {
    const problems: Array<Problem> = []
    const texts: Record<string, string> = {}
    for (const name of secretsInFiles) {
      const file = environment[`${name}_FILE`]?.trim() ?? ""
      if (file === "") continue
      const read = readOne(name, file, (environment[name]?.trim() ?? "") !== "")
      if ("text" in read) texts[name] = read.text
      else problems.push(read)
    }
    return { environment: { ...environment, ...texts }, problems }
  })
