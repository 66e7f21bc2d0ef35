import { statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { readSandboxRecord } from "../../../src/demo/sandbox-record.ts"
import type { World } from "../../../src/sandbox/sandbox.ts"
import { SandboxProcess } from "../../../src/sandbox/testing/sandbox-process.ts"
import { TemporaryFolder } from "../temporary-folder.ts"

type WorldMessage = NonNullable<World["channels"][number]["messages"]>[number]

export const DESTINATION = "library"
/** The code that logs every account in. */
export const CODE = "12345"

/** Bytes per second each way; undefined: as fast as it goes. */
export type Speed = { readonly up: number; readonly down: number } | undefined

/** What is to be brought into the library, and by whom. */
export interface Scene {
  readonly accounts: number
  /** Of every account. */
  readonly speed: Speed
  /** The files of each source. */
  readonly sources: ReadonlyArray<ReadonlyArray<string>>
  /** Which accounts, from 0, read which source, from 0. */
  readonly reads: (account: number, source: number) => boolean
  /** Whether the accounts have Premium; none has otherwise. */
  readonly premium?: boolean
  /** So many of the first sources are done before anything is measured; none otherwise. */
  readonly early?: number
  /** What is in every source before the files; nothing otherwise. */
  readonly before?: ReadonlyArray<WorldMessage>
}

export const bothWays = (bytesPerSecond: number): Speed => ({ up: bytesPerSecond, down: bytesPerSecond })

/** All accounts read the one source. */
export const sharedSource = (accounts: number, speed: Speed, files: ReadonlyArray<string>): Scene => ({
  accounts,
  speed,
  sources: [files],
  reads: () => true,
})

/** What one way through a scene took. */
export interface Outcome {
  readonly seconds: number
  /** Of all archives. */
  readonly bytes: number
  readonly downloadedBytes: number
  /** Telegram's calls of all accounts. */
  readonly calls: number
}

/** Files whose way is measured. */
export const measuredFiles = ({ early = 0, sources }: Scene): ReadonlyArray<string> => sources.slice(early).flat()

export const speedOf = ({ bytes, seconds }: Outcome): number => bytes / seconds

export const phoneOf = (account: number): string => String(15_550_000_001 + account)
export const sourceName = (source: number): string => `source-${source + 1}`

const worldOf = ({ accounts, before = [], premium = false, reads, sources, speed }: Scene) => {
  const phones = Array.from({ length: accounts }, (_, account) => phoneOf(account))
  return {
    ...(speed === undefined ? {} : { speed: { free: speed, premium: speed } }),
    accounts: phones.map((phone, account) => ({
      phone,
      firstName: `Account ${account + 1}`,
      premium,
      code: CODE,
    })),
    channels: [
      ...sources.map((files, source) => ({
        name: sourceName(source),
        kind: "channel",
        members: phones.filter((_, account) => reads(account, source)),
        messages: [...before, ...files.map((file) => ({ file }))],
      })),
      { name: DESTINATION, kind: "channel", members: phones, admins: phones, messages: [] },
    ],
  }
}
export type SceneWorld = ReturnType<typeof worldOf>

const bytesOf = (scene: Scene): number => measuredFiles(scene).reduce((sum, file) => sum + statSync(file).size, 0)

interface Counters {
  readonly accounts: Readonly<Record<string, Readonly<Record<string, { calls: number; bytesOut: number }>>>>
}

/** What lies in the destination. */
export interface Delivered {
  readonly name: string
  readonly bytes: number
  readonly sha256: string
}

/** A sandbox with a scene in it, and a folder that goes with it. */
export class Stage implements AsyncDisposable {
  readonly scene: Scene
  readonly world: SceneWorld
  readonly #folder: TemporaryFolder
  readonly sandbox: SandboxProcess

  private constructor(scene: Scene, world: SceneWorld, folder: TemporaryFolder, sandbox: SandboxProcess) {
    this.scene = scene
    this.world = world
    this.#folder = folder
    this.sandbox = sandbox
  }

  static async open(scene: Scene): Promise<Stage> {
    const folder = new TemporaryFolder("bench-ingest-")
    const world = worldOf(scene)
    const worldFile = join(folder.path, "world.json")
    writeFileSync(worldFile, JSON.stringify(world))
    return new Stage(scene, world, folder, await SandboxProcess.start("--world", worldFile, "--keep-uploads", "digest"))
  }

  get folder(): string {
    return this.#folder.path
  }

  /** Posts a file in a source, from 0, now. */
  async post(source: number, file: string): Promise<void> {
    const body = JSON.stringify({ channel: sourceName(source), file })
    const response = await fetch(`${this.sandbox.ready.url}/messages`, { method: "POST", body })
    if (!response.ok) throw new Error(`${file}: ${await response.text()}`)
  }

  /** The documents in the destination, by the sandbox's own record. */
  async delivered(): Promise<ReadonlyArray<Delivered>> {
    const { channels } = await Effect.runPromise(readSandboxRecord(this.sandbox.ready.url))
    const messages = channels.find(({ name }) => name === DESTINATION)?.messages ?? []
    return messages.flatMap(({ file }) => file ?? [])
  }

  /** Bytes that each account has downloaded, from 0. */
  async downloadedBytes(): Promise<ReadonlyArray<number>> {
    const { accounts } = await this.counters()
    return Array.from(
      { length: this.scene.accounts },
      (_, account) => accounts[phoneOf(account)]?.["upload.getFile"]?.bytesOut ?? 0,
    )
  }

  async counters(): Promise<Counters> {
    return (await (await fetch(`${this.sandbox.ready.url}/counters`)).json()) as Counters
  }

  async outcome(seconds: number): Promise<Outcome> {
    const methods = Object.values((await this.counters()).accounts).flatMap(Object.entries)
    const sum = (of: (name: string, counter: { calls: number; bytesOut: number }) => number) =>
      methods.reduce((total, [name, counter]) => total + of(name, counter), 0)
    return {
      seconds,
      bytes: bytesOf(this.scene),
      downloadedBytes: sum((name, { bytesOut }) => (name === "upload.getFile" ? bytesOut : 0)),
      calls: sum((_, { calls }) => calls),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox[Symbol.asyncDispose]()
    this.#folder[Symbol.dispose]()
  }
}
