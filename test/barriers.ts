import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import type { Page } from "playwright-core"

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: ReadonlyArray<{ readonly html: string }>
}

/** What keeps people from using the page: by axe's rules, the serious ones. */
export const barriers = async (page: Page): Promise<ReadonlyArray<string>> => {
  const { violations } = (await page.evaluate(`(() => { ${axe}; return axe.run() })()`)) as {
    readonly violations: ReadonlyArray<Violation>
  }
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(", ")}`)
}
