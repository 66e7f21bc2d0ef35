import { readdirSync, readFileSync } from "node:fs"

const groupOf = (stat: string): number => Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2])

/**
 * The living processes of a demo: those of its process group, and those that name its folder in their arguments (the
 * embedded Postgres has a session of its own). Zombies do not count.
 */
export const processesOf = (group: number, folder: string): ReadonlyArray<number> =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
        if (/\) Z /.test(stat)) return false
        return groupOf(stat) === group || readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(folder)
      } catch {
        return false
      }
    })
