import { readdirSync, readFileSync } from "node:fs"

export interface Process {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly isZombie: boolean
  readonly commandLine: string
}

/** Everything that runs on this machine; a process that ends while it is looked at is left out. */
export const allProcesses = (): ReadonlyArray<Process> =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8")
        // The name in brackets may hold anything; what follows is "state parent group ...".
        const [state, parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
        const commandLine = readFileSync(`/proc/${name}/cmdline`, "utf8")
        return [
          { pid: Number(name), parent: Number(parent), group: Number(group), isZombie: state === "Z", commandLine },
        ]
      } catch {
        return []
      }
    })

/**
 * The living processes of a demo: those of its process group, and those that name its folder in their arguments (the
 * embedded Postgres has a session of its own).
 */
export const processesOf = (group: number, folder: string): ReadonlyArray<number> =>
  allProcesses()
    .filter((one) => one.pid !== process.pid && !one.isZombie)
    .filter((one) => one.group === group || one.commandLine.includes(folder))
    .map(({ pid }) => pid)

/** The living processes that name this folder in their arguments. */
export const processesWith = (folder: string): ReadonlyArray<number> =>
  allProcesses()
    .filter((one) => one.pid !== process.pid && !one.isZombie && one.commandLine.includes(folder))
    .map(({ pid }) => pid)

/** The living children of the process `parent` whose command line holds `text`. */
export const childrenOf = (parent: number, text: string): ReadonlyArray<number> =>
  allProcesses()
    .filter((one) => one.parent === parent && !one.isZombie && one.commandLine.includes(text))
    .map(({ pid }) => pid)

/** The living children of this process whose command line holds `text`. */
export const childrenWith = (text: string): ReadonlyArray<number> => childrenOf(process.pid, text)
