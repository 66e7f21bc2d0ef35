import { readdir, readlink } from "node:fs/promises"
import { join } from "node:path"

/** The process that has a file open; undefined when there is none, or it cannot be seen from here. */
const holderOf = async (paths: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> => {
  const held = new Map<string, number>()
  for (const pid of (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name)))
    for (const descriptor of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const path = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => "")
      if (paths.has(path)) held.set(path, Number(pid))
    }
  return held
}

/** Which accounts have their TDLib open, in which process, as far as can be seen from here. */
export const openSessions = async (tdlibDirectory: string): Promise<ReadonlyMap<string, number>> => {
  const accounts = await readdir(tdlibDirectory).catch(() => [])
  const fileOf = (id: string) => join(tdlibDirectory, id, "db", "td.binlog")
  const held = await holderOf(new Set(accounts.map(fileOf)))
  return new Map(accounts.flatMap((id) => (held.has(fileOf(id)) ? [[id, held.get(fileOf(id)) ?? 0] as const] : [])))
}
