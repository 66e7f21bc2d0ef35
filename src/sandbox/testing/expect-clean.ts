import { expect } from "vitest"
import type { SandboxCounters } from "../counters.ts"

/** Fails unless every client kept to the protocol and the sandbox made no mistake of its own. */
export const expectClean = ({ defects, violations, violationKinds, lastViolations }: SandboxCounters): void => {
  expect({ defects, violations, violationKinds, lastViolations }).toEqual({
    defects: [],
    violations: 0,
    violationKinds: {},
    lastViolations: [],
  })
}
