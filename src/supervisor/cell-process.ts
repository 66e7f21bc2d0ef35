/**
 * How the process of a cell is started. A cell is small and there are many of them, while the bounds of Node and of glibc are
 * made for one large program: what they save is measured by `npm run bench -- --only cells`.
 *
 * No threads of V8's own: there is little to compile or to collect, and they would be woken for it again and again. Besides,
 * one that waits for a collection while the process exits holds that up for ever (seen in Node 24.21).
 */
export const CELL_NODE_FLAGS = ["--max-semi-space-size=1", "--optimize-for-size", "--single-threaded"]

/**
 * No environment of ours beside this: whatever a cell needs comes with its start message. The memory of TDLib's many
 * threads is in one place (glibc, mallopt(3)), and goes back to the system when it is free. Elsewhere it means nothing.
 * @param compileCache a folder that keeps compiled modules for the next cell, which halves what a start costs
 */
export const cellEnvironment = (compileCache: string): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: "",
  TZ: process.env["TZ"] ?? "UTC",
  NODE_COMPILE_CACHE: compileCache,
  MALLOC_ARENA_MAX: "1",
  MALLOC_MMAP_THRESHOLD_: "65536",
  MALLOC_TRIM_THRESHOLD_: "131072",
})
