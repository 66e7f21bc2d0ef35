import { type ChildProcess, spawn } from "node:child_process"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { DemoResult } from "../src/demo/report.ts"
import type { NetworkWatch } from "./network-trace.ts"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

/** A folder for one demo's data, removed at the end. */
export const withDemoFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "stash-demo-"))
  try {
    await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 })
  }
}

export interface FinishedDemo {
  readonly exitCode: number | null
  readonly output: string
  readonly result: DemoResult
}

const collect = (child: ChildProcess): Promise<{ exitCode: number | null; output: string }> =>
  new Promise((resolve) => {
    let output = ""
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += String(chunk)))
    child.on("close", (exitCode) => resolve({ exitCode, output }))
  })

/** Starts the demo as the leader of a process group of its own, so that all its processes can be killed at once. */
export const startDemo = (folder: string, wrapper: ReadonlyArray<string> = []): ChildProcess => {
  const [command = process.execPath, ...args] = [
    ...wrapper,
    process.execPath,
    main,
    "demo",
    "--data",
    join(folder, "data"),
    "--json",
    join(folder, "result.json"),
  ]
  return spawn(command, args, { detached: true, stdio: ["ignore", "pipe", "pipe"] })
}

/** Runs the demo to its end, possibly watched. */
export const runDemo = async (folder: string, watch?: NetworkWatch): Promise<FinishedDemo> => {
  const demo = startDemo(folder, watch?.wrapper)
  watch?.follow(demo.pid ?? 0, folder)
  const { exitCode, output } = await collect(demo)
  const result = JSON.parse(await readFile(join(folder, "result.json"), "utf8").catch(() => "{}")) as DemoResult
  return { exitCode, output, result }
}

/** The demo's log so far, one object per line; a line that is being written is left out. */
export const readDemoLog = async (folder: string): Promise<ReadonlyArray<Record<string, unknown>>> => {
  const text = await readFile(join(folder, "data", "demo.log"), "utf8").catch(() => "")
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

/**
 * Starts the demo and sends SIGKILL to all its processes, or to the `supervisor` alone, once `event` was logged `times`
 * times.
 * @returns the demo's process group
 */
export const killDemoAfter = async (
  folder: string,
  event: string,
  times: number,
  victim: "all" | "supervisor" = "all",
): Promise<number> => {
  const demo = startDemo(folder)
  const ended = collect(demo)
  let isOver = false
  void ended.then(() => {
    isOver = true
  })
  while (!isOver) {
    const log = await readDemoLog(folder)
    if (log.filter((line) => line["event"] === event).length >= times) break
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  if (isOver) throw new Error(`the demo ended before ${event} was logged ${times} times`)
  const group = demo.pid ?? 0
  process.kill(victim === "all" ? -group : group, "SIGKILL")
  // Without its supervisor a cell closes orderly; only then are the demo's pipes closed.
  await ended
  return group
}
