import type { ClaimedSet } from "../../db/claims.ts"
import type { AccountStatus } from "../supervisor/status-board.ts"
import { type DestinationContent, expectations, type Verification } from "./verify.ts"

/** The result that `npm run demo -- --json FILE` writes; its names are fixed (design/house.md). */
export interface DemoResult {
  readonly ok: boolean
  readonly seconds: number
  readonly accounts: ReadonlyArray<{ readonly phone: string; readonly premium: boolean; readonly state: string }>
  readonly sets: {
    readonly seen: number
    readonly published: number
    readonly duplicate: number
    readonly skipped: ReadonlyArray<{ readonly name: string; readonly reason: string }>
    readonly waiting: ReadonlyArray<{ readonly name: string; readonly reason: string }>
  }
  readonly destination: { readonly messages: number; readonly contents: ReadonlyArray<DestinationContent> }
  readonly packages: number
  readonly problems: ReadonlyArray<string>
}

const differs = (what: string, found: number, expected: number): ReadonlyArray<string> =>
  found === expected ? [] : [`${found} ${what} instead of ${expected}`]

/** Puts together what the sandbox holds and what the worker says of it. */
export const makeResult = (input: {
  readonly seconds: number
  readonly accounts: ReadonlyArray<AccountStatus>
  readonly claims: ReadonlyArray<ClaimedSet>
  readonly packages: number
  readonly verification: Verification
  readonly problems: ReadonlyArray<string>
}): DemoResult => {
  const { accounts, claims, packages, verification } = input
  const inState = (state: ClaimedSet["state"]) => claims.filter((claim) => claim.state === state)
  const withReason = (state: ClaimedSet["state"]) =>
    inState(state).map(({ reason, setName }) => ({ name: setName, reason }))
  const problems = [
    ...input.problems,
    ...verification.problems,
    ...differs("package rows", packages, expectations.published.length),
    ...differs("duplicates", inState("duplicate").length, expectations.duplicates),
    ...differs("skipped sets", inState("skipped").length, expectations.skipped),
    ...differs("waiting sets", inState("waiting").length, expectations.waiting),
  ]
  return {
    ok: problems.length === 0,
    seconds: Math.round(input.seconds * 10) / 10,
    accounts: accounts.map(({ isPremium, phone, state }) => ({ phone, premium: isPremium, state })),
    sets: {
      seen: claims.length,
      published: inState("published").length,
      duplicate: inState("duplicate").length,
      skipped: withReason("skipped"),
      waiting: withReason("waiting"),
    },
    destination: { messages: verification.messages, contents: verification.contents },
    packages,
    problems,
  }
}

const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd())
    .join("\n")
}

/** The closing table: what was ingested, what was a duplicate, what was skipped and why, and where everything is. */
export const renderResult = (
  result: DemoResult,
  claims: ReadonlyArray<ClaimedSet>,
  places: ReadonlyArray<readonly [string, string]>,
): string => {
  const hashes = new Map(result.destination.contents.map((content) => [content.contentHash, content]))
  const rows = claims.map((claim) => {
    const content = claim.contentHash === null ? undefined : hashes.get(claim.contentHash)
    return [claim.state, claim.setName, content === undefined ? "" : `${content.parts} message(s)`, claim.reason]
  })
  const verdict = result.ok
    ? `The destination holds exactly what it should: ${result.destination.messages} messages, ${result.destination.contents.length} contents, each once.`
    : `Something is wrong:\n${result.problems.map((problem) => `  - ${problem}`).join("\n")}`
  return [
    "",
    table([["OUTCOME", "ARCHIVE SET", "IN THE DESTINATION", "WHY"], ...rows]),
    "",
    `${verdict} (${result.seconds} s)`,
    "",
    table(places),
    "",
  ].join("\n")
}
