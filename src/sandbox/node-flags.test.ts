import { readFileSync } from "node:fs"
import { expect, it } from "vitest"
import { SANDBOX_ENVIRONMENT, SANDBOX_NODE_FLAGS } from "./node-flags.ts"

it("the flags and the environment of a sandbox's process are those that `npm run sandbox` gives it", () => {
  const { scripts } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"))
  const environment = Object.entries(SANDBOX_ENVIRONMENT).map(([name, value]) => `${name}=${value}`)
  expect(scripts.sandbox).toBe([...environment, "node", ...SANDBOX_NODE_FLAGS, "src/sandbox/main.ts"].join(" "))
})
