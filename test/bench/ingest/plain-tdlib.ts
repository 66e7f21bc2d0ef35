import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { TdlibProcess } from "../../../src/sandbox/testing/tdlib-process.ts"
import { sha256 } from "../../archive-files.ts"
import { BenchClient } from "../bench-client.ts"
import { repeated, seconds } from "../measure.ts"
import { type Outcome, phoneOf, type Scene, Stage, sourceName } from "./scene.ts"

const PATIENCE = 900_000
/** TDLib gives a file its window for itself; more than a few at once gain nothing (facts on TDLib's own scheduling). */
const AT_ONCE = 5
const FIRST_BYTES = 64 * 1024

const openClients = async (stage: Stage, opened: AsyncDisposableStack): Promise<ReadonlyArray<BenchClient>> => {
  const { library, telegramPort: port } = stage.sandbox.ready
  return Promise.all(
    Array.from({ length: stage.scene.accounts }, async (_, account) => {
      const directory = join(stage.folder, `account-${account}`)
      mkdirSync(directory, { recursive: true })
      const tdlib = opened.use(new TdlibProcess({ library, port, directory, patience: PATIENCE }))
      const client = new BenchClient(tdlib, directory)
      await client.logIn(phoneOf(account))
      return client
    }),
  )
}

/** Works through a list, so many at once. */
const eachOf = async <A>(items: ReadonlyArray<A>, atOnce: number, work: (item: A) => Promise<unknown>) => {
  const left = [...items]
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/** A scene with one source, given to plain TDLibs. */
const withClients = async (
  scene: Scene,
  work: (clients: ReadonlyArray<BenchClient>) => Promise<unknown>,
): Promise<Outcome> => {
  await using stage = await Stage.open(scene)
  await using opened = new AsyncDisposableStack()
  const clients = await openClients(stage, opened)
  return await stage.outcome(await seconds(() => work(clients)))
}

/**
 * What TDLib itself can do with a scene of one account and one source: it downloads all files and uploads as many, that lie on
 * the disk already, and nobody looks at a byte.
 */
export const runTransfers = (scene: Scene, order: "together" | "one after the other"): Promise<Outcome> =>
  withClients(scene, async ([client]) => {
    if (client === undefined) return
    const documents = await client.documents(sourceName(0))
    const down = () => eachOf(documents, AT_ONCE, (document) => client.fetch(document))
    const up = () => eachOf(scene.sources[0] ?? [], AT_ONCE, (path) => client.send(path))
    if (order === "together") await Promise.all([down(), up()])
    else {
      await down()
      await up()
    }
  })

/**
 * The way of the worker that ours replaces: one account after the other, and of each one file after the other is downloaded,
 * hashed, looked up, and uploaded.
 */
export const runOneAfterAnother = (scene: Scene): Promise<Outcome> =>
  withClients(scene, async (clients) => {
    const known = new Set<string>()
    for (const [account, client] of clients.entries()) {
      for (const source of scene.sources.keys()) {
        if (!scene.reads(account, source)) continue
        for (const document of await client.documents(sourceName(source))) {
          const path = await client.fetch(document)
          const digest = await sha256(path)
          if (!known.has(digest)) {
            known.add(digest)
            await client.send(path)
          }
          await client.forget(document)
        }
      }
    }
  })

/** Each account reads its own source: seconds from the start of all TDLibs, logged in before, to the last one's first bytes. */
export const startPlainTdlibs = async (scene: Scene, runs: number): Promise<ReadonlyArray<number>> => {
  await using stage = await Stage.open(scene)
  const begin = async (client: BenchClient, account: number) => {
    const [document] = await client.documents(sourceName(account))
    if (document === undefined) throw new Error(`nothing in the source of account ${account}`)
    await client.fetchBeginning(document, FIRST_BYTES)
    await client.forget(document)
  }
  const start = async () => {
    await using opened = new AsyncDisposableStack()
    const clients: Array<BenchClient> = []
    const taken = await seconds(async () => {
      clients.push(...(await openClients(stage, opened)))
      await Promise.all(clients.map(begin))
    })
    for (const { tdlib } of clients) await tdlib.close()
    return taken
  }
  await start()
  return await repeated(runs, start)
}
