/** What is not as it should be, for an operator. */
export interface Finding {
  /** `fault`: something cannot work. `advice`: all works, within a limit that the operator should know. */
  readonly severity: "fault" | "advice"
  readonly what: string
  /** What follows from it. */
  readonly why: string
  /** What to do, in one line. */
  readonly remedy: string
}

/** One thing that was looked at. */
export interface Check {
  readonly name: string
  /** What was seen, in words; why nothing was, when it could not be looked at. */
  readonly seen: string
  readonly findings: ReadonlyArray<Finding>
}

export const check = (name: string, seen: string, ...findings: ReadonlyArray<Finding>): Check => ({
  name,
  seen,
  findings,
})

export const fault = (what: string, why: string, remedy: string): Finding => ({ severity: "fault", what, why, remedy })

export const advice = (what: string, why: string, remedy: string): Finding => ({
  severity: "advice",
  what,
  why,
  remedy,
})

export const hasFault = (checks: ReadonlyArray<Check>): boolean =>
  checks.some(({ findings }) => findings.some(({ severity }) => severity === "fault"))
