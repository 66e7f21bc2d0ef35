/**
 * How a process of a sandbox is started, `npm run sandbox` included. Its heap is small, and what passes is garbage outside
 * of it, for which V8 would mark the whole heap many times a second and in threads that TDLib needs the cores of: half of
 * the time of a download. A small nursery keeps the garbage from piling up. Sparkplug compiles in no thread of its own: one that
 * waits for a collection while the process exits holds that up for ever, since the main thread waits for it (seen in Node 24.21).
 */
export const SANDBOX_NODE_FLAGS = [
  "--single-threaded-gc",
  "--max-semi-space-size=1",
  "--no-incremental-marking",
  "--no-concurrent-sparkplug",
]

/**
 * And its environment (glibc, mallopt(3)): the bytes that pass go back to the system when they are freed, instead of leaving
 * holes among what stays. Twenty accounts at once would hold tens of megabytes more. Elsewhere it means nothing.
 */
export const SANDBOX_ENVIRONMENT = {
  MALLOC_ARENA_MAX: "1",
  MALLOC_MMAP_THRESHOLD_: "131072",
  MALLOC_TRIM_THRESHOLD_: "131072",
}
