/** How many CPUs this container may use: a quota is invisible in the number of cores. */
import { readFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { dirname, join } from "node:path"

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8").trim()
  } catch {
    return undefined
  }
}

const quotient = (quota: string | undefined, period: string | undefined): number | undefined => {
  const [micros, per] = [Number(quota), Number(period)]
  return micros > 0 && per > 0 ? micros / per : undefined
}

/** Version 2: `cpu.max` holds "QUOTA PERIOD" or "max PERIOD" (Linux, admin-guide/cgroup-v2, "CPU Interface Files"). */
const quotaOfVersion2 = (directory: string): number | undefined => {
  const [quota, period] = (read(join(directory, "cpu.max")) ?? "").split(" ")
  return quotient(quota, period)
}

/** Version 1: a quota of -1 is none (Linux, scheduler/sched-bwc). */
const quotaOfVersion1 = (directory: string): number | undefined =>
  quotient(read(join(directory, "cpu.cfs_quota_us")), read(join(directory, "cpu.cfs_period_us")))

/** A group and those above it: the smallest quota holds. */
const groupsUpwards = (path: string): ReadonlyArray<string> =>
  path === "/" || path === "" || path === "." ? ["/"] : [path, ...groupsUpwards(dirname(path))]

/**
 * CPUs that the control groups allow, or undefined without a quota. `root` is where `/proc` and `/sys` lie.
 */
export const controlGroupCpus = (root = "/"): number | undefined => {
  const groups = (read(join(root, "proc/self/cgroup")) ?? "").split("\n").map((line) => line.split(":"))
  const quotas = groups.flatMap(([, controllers = "", path = "/"]) => {
    const mount = join(root, "sys/fs/cgroup")
    if (controllers === "") return groupsUpwards(path).map((group) => quotaOfVersion2(join(mount, group)))
    if (!controllers.split(",").includes("cpu")) return []
    return groupsUpwards(path).flatMap((group) => [
      quotaOfVersion1(join(mount, "cpu", group)),
      quotaOfVersion1(join(mount, controllers, group)),
    ])
  })
  return quotas.reduce<number | undefined>(
    (least, quota) => (quota === undefined ? least : Math.min(least ?? quota, quota)),
    undefined,
  )
}

/** Threads that can work at once: the cores this process may run on, bounded by the container's quota; at least 1. */
export const usableCpus = (root = "/", cores = availableParallelism()): number =>
  Math.max(1, Math.min(cores, Math.ceil(controlGroupCpus(root) ?? cores)))
