import { readFileSync } from "node:fs"
import { expect, it } from "vitest"
import { SANDBOX_NODE_FLAGS } from "./node-flags.ts"

it("the flags of a sandbox's process are those that `npm run sandbox` gives it", () => {
  const { scripts } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"))
  expect(scripts.sandbox).toBe(["node", ...SANDBOX_NODE_FLAGS, "src/sandbox/main.ts"].join(" "))
})
