import { readdirSync, readFileSync } from "node:fs"
import { allProcesses, type Process } from "./process-group.ts"

/** What processes of one name take together. */
export interface Usage {
  readonly processes: number
  /** Proportional set size in MiB, without the shared memory that Postgres's processes map together. */
  readonly pssMb: number
  /** Of that, what no other process maps: it does not change when a sibling ends. */
  readonly ownMb: number
  readonly rssMb: number
  readonly fds: number
  readonly threads: number
}

const none: Usage = { processes: 0, pssMb: 0, ownMb: 0, rssMb: 0, fds: 0, threads: 0 }

export const sumOf = (usages: ReadonlyArray<Usage>): Usage =>
  usages.reduce(
    (sum, one) => ({
      processes: sum.processes + one.processes,
      pssMb: sum.pssMb + one.pssMb,
      ownMb: sum.ownMb + one.ownMb,
      rssMb: sum.rssMb + one.rssMb,
      fds: sum.fds + one.fds,
      threads: sum.threads + one.threads,
    }),
    none,
  )

/** A process and all that descend from it. */
export const treeOf = (root: number): ReadonlyArray<Process> => {
  const all = allProcesses()
  const found = all.filter(({ pid }) => pid === root)
  for (const parent of found) found.push(...all.filter((one) => one.parent === parent.pid && !one.isZombie))
  return found
}

const kibibytesOf = (text: string, name: string): number =>
  Number(text.match(new RegExp(`^${name}:\\s+(\\d+)`, "m"))?.[1])

/** None for a process that ends while it is looked at. */
export const usageOf = (pid: number): Usage => {
  try {
    const memory = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")
    const threads = readFileSync(`/proc/${pid}/status`, "utf8").match(/^Threads:\s+(\d+)/m)?.[1]
    return {
      processes: 1,
      pssMb: (kibibytesOf(memory, "Pss") - kibibytesOf(memory, "Pss_Shmem")) / 1024,
      ownMb: kibibytesOf(memory, "Pss_Anon") / 1024,
      rssMb: kibibytesOf(memory, "Rss") / 1024,
      fds: readdirSync(`/proc/${pid}/fd`).length,
      threads: Number(threads),
    }
  } catch {
    return none
  }
}

/** What a worker's processes are called in reports. */
export const processNames = ["supervisor", "cells", "tools", "Postgres", "sandbox"] as const
export type ProcessName = (typeof processNames)[number]

interface Roots {
  readonly worker: number
  readonly database: number
  readonly sandbox: number
}

/** What all of it takes now, by the processes' names; `tools` are what the supervisor runs beside the cells (7-Zip). */
export const usageByName = (roots: Roots): Readonly<Record<ProcessName, Usage>> => {
  const below = treeOf(roots.worker).filter(({ pid }) => pid !== roots.worker)
  const isCell = ({ commandLine }: Process) => commandLine.includes("warden.ts")
  const all = (processes: ReadonlyArray<Process>) => sumOf(processes.map(({ pid }) => usageOf(pid)))
  return {
    supervisor: usageOf(roots.worker),
    cells: all(below.filter(isCell)),
    tools: all(below.filter((one) => !isCell(one))),
    Postgres: all(treeOf(roots.database)),
    sandbox: usageOf(roots.sandbox),
  }
}

const TICKS_PER_SECOND = 100

/** Processor time that these processes, and their children that have ended, have taken so far: seconds. */
export const cpuSecondsOf = (pids: ReadonlyArray<number>): number => {
  let ticks = 0
  for (const pid of pids) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
      // After the name in brackets: state, and as the 12th to 15th field from there the times.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
      for (const field of fields.slice(11, 15)) ticks += Number(field)
    } catch {
      // It has ended.
    }
  }
  return ticks / TICKS_PER_SECOND
}
