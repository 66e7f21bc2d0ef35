import { expect, it } from "vitest"
import { waitingReason } from "./waiting-reason.ts"

it("a waiting set says what it lacks and since when it waits", () => {
  expect(waitingReason("waiting: Volume x.part2.rar is missing.", 1_700_000_000)).toBe(
    "waiting: Volume x.part2.rar is missing; waiting since 2023-11-14T22:13Z",
  )
})
