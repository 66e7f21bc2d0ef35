import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync, readlinkSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { processesOf } from "./process-group.ts"

/** Watches where a demo and all its children connect to. */
export interface NetworkWatch {
  /** Put before the command to watch. */
  readonly wrapper: ReadonlyArray<string>
  /** To be told the process group once it runs. */
  readonly follow: (group: number, folder: string) => void
  /** Every address seen. */
  readonly addresses: () => Promise<ReadonlySet<string>>
}

const hasStrace = (): boolean => {
  try {
    execFileSync("strace", ["-V"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

const addressesIn = (trace: string): ReadonlySet<string> =>
  new Set(
    [...trace.matchAll(/inet_addr\("([^"]+)"\)/g), ...trace.matchAll(/inet_pton\(AF_INET6, "([^"]+)"/g)].map(
      ([, address = ""]) => address,
    ),
  )

/** The kernel tells of every call that names an address, also of those that fail at once. */
const watchCalls = (file: string): NetworkWatch => ({
  wrapper: [
    "strace",
    "-f",
    "-qq",
    "--seccomp-bpf",
    "-e",
    "trace=connect,sendto,sendmsg",
    "-e",
    "signal=none",
    "-o",
    file,
  ],
  follow: () => {},
  addresses: async () => addressesIn(await readFile(file, "utf8")),
})

/** "0100007F:1F90" is 127.0.0.1; an IPv4 address within IPv6 is read as IPv4. */
const addressOf = (hex: string): string => {
  const [bytes = ""] = hex.split(":")
  const last = bytes.slice(-8)
  const isV4 = bytes.length === 8 || /^0{16}FFFF0000/i.test(bytes)
  return isV4 ? [6, 4, 2, 0].map((at) => Number.parseInt(last.slice(at, at + 2), 16)).join(".") : `ipv6:${bytes}`
}

/** Inode of each socket that has a peer, and the peer's address. */
const peers = (pid: number): ReadonlyMap<string, string> => {
  const lines = ["tcp", "tcp6", "udp", "udp6"].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, "utf8").split("\n").slice(1),
  )
  const rows = lines.map((line) => line.trim().split(/\s+/)).filter((row) => row.length > 9)
  return new Map(rows.map((row) => [row[9] ?? "", addressOf(row[2] ?? "")]))
}

const socketsOf = (pid: number): ReadonlyArray<string> =>
  readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).match(/^socket:\[(\d+)\]$/)?.[1] ?? []
    } catch {
      return []
    }
  })

/** Without strace: looks at the open sockets fifty times a second. A connection attempt that fails at once can be missed. */
const watchSockets = (): NetworkWatch => {
  const seen = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  const look = (group: number, folder: string) => {
    for (const pid of processesOf(group, folder))
      try {
        const known = peers(pid)
        for (const socket of socketsOf(pid)) {
          const peer = known.get(socket)
          if (peer !== undefined && peer !== "0.0.0.0") seen.add(peer)
        }
      } catch {
        // The process ended while it was looked at.
      }
  }
  return {
    wrapper: [],
    follow: (group, folder) => {
      timer = setInterval(() => look(group, folder), 20)
    },
    addresses: async () => {
      clearInterval(timer)
      return seen
    },
  }
}

/** Watches by strace where it is installed, by looking at sockets elsewhere. `file` holds the trace. */
export const watchNetwork = (file: string): NetworkWatch => (hasStrace() ? watchCalls(file) : watchSockets())

/** True for an address that stays on this machine. */
export const isLoopback = (address: string): boolean =>
  address.startsWith("127.") ||
  address === "::1" ||
  /^ipv6:0{24}01000000$/.test(address) ||
  /^ipv6:0{32}$/.test(address)
