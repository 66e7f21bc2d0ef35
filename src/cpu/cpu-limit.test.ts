import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { controlGroupCpus, usableCpus } from "./cpu-limit.ts"

const scratch = mkdtempSync(join(tmpdir(), "cpus-"))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const tree = (files: Readonly<Record<string, string>>): string => {
  const root = mkdtempSync(join(scratch, "root-"))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), content)
  }
  return root
}

describe("the CPUs of a container", () => {
  it("are those of its version 2 group", () => {
    const root = tree({ "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n" })
    expect(controlGroupCpus(root)).toBe(1.5)
    expect(usableCpus(root, 8)).toBe(2)
  })

  it("are bounded by the groups above, too", () => {
    const root = tree({
      "proc/self/cgroup": "0::/pod/box\n",
      "sys/fs/cgroup/pod/box/cpu.max": "max 100000\n",
      "sys/fs/cgroup/pod/cpu.max": "300000 100000\n",
    })
    expect(usableCpus(root, 8)).toBe(3)
  })

  it("are those of its version 1 group", () => {
    const root = tree({
      "proc/self/cgroup": "5:memory:/box\n4:cpu,cpuacct:/box\n",
      "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us": "50000\n",
      "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us": "100000\n",
    })
    expect(usableCpus(root, 8)).toBe(1)
  })

  it("are the machine's cores without a quota", () => {
    const root = tree({
      "proc/self/cgroup": "4:cpu:/\n",
      "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
      "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    })
    expect(usableCpus(root, 8)).toBe(8)
    expect(usableCpus(tree({}), 4)).toBe(4)
  })
})
