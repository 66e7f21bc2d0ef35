import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"

const importOf = /^(?:import|export)\s+(?!type\b)(?:[^"']*?\sfrom\s+)?["']([^"']+)["']/gm

/** The modules that are loaded with `entry`: each of our files once, and by whom everything else is asked for. */
const loadedWith = (entry: URL) => {
  const files = new Set([entry.href])
  const others = new Map<string, string>()
  for (const file of files)
    for (const [, name = ""] of readFileSync(new URL(file), "utf8").matchAll(importOf))
      if (name.startsWith(".")) files.add(new URL(name, file).href)
      else others.set(name, fileURLToPath(file))
  return { files: [...files], others }
}

describe("an account cell", () => {
  it("loads of Effect what it needs and not all of it, which would cost every account 12 MiB", () => {
    const { files, others } = loadedWith(new URL("../../accounts/actor.ts", import.meta.url))
    expect(files.length).toBeGreaterThan(50)
    const barrels = ["effect", "effect/rpc", "@effect/platform-node"]
    expect(barrels.flatMap((name) => others.get(name) ?? [])).toEqual([])
  })

  it("has a warden that does without Effect, which its actor loads already", () => {
    const { others } = loadedWith(new URL("../../accounts/warden.ts", import.meta.url))
    expect([...others.keys()].filter((name) => !name.startsWith("node:"))).toEqual([])
  })
})
