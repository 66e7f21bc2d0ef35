#!/usr/bin/env node
/** The command `stash`. Checks the runtime first, so that an old Node says what to do instead of failing in the middle. */
const neededMajor = 24
const major = Number(process.versions.node.split(".")[0])
if (major < neededMajor) {
  console.error(`stash needs Node ${neededMajor} or newer, this is ${process.versions.node}.`)
  console.error("Run it through npm (npm run stash -- ...): npm ci installs the right Node beside the project.")
  process.exit(78)
}
const { runStash } = await import("./cli/stash.ts")
runStash()
