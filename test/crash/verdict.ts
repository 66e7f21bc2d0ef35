import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import type { Rig } from "./rig.ts"
import { DESTINATION, type ExpectedContent } from "./world.ts"

/** What a run of the crash matrix left behind, as the sandbox and the database tell it. */
export interface Verdict {
  readonly duplicates: ReadonlyArray<string>
  readonly lost: ReadonlyArray<string>
  readonly stuck: ReadonlyArray<string>
  readonly leftovers: ReadonlyArray<string>
}

export const isClean = (verdict: Verdict): boolean =>
  [verdict.duplicates, verdict.lost, verdict.stuck, verdict.leftovers].every((list) => list.length === 0)

const hashOf = (chunks: ReadonlyArray<Uint8Array>): string => {
  const hash = createHash("sha256")
  for (const chunk of chunks) hash.update(chunk)
  return hash.digest("hex")
}

interface PackageRow {
  readonly contentHash: string
  readonly destMessageIds: ReadonlyArray<string>
  readonly fileCount: number
}

const download = async (rig: Rig, id: number): Promise<Uint8Array> => {
  const response = await fetch(new URL(`/files?channel=${DESTINATION}&id=${id}`, rig.sandbox.controlUrl))
  if (!response.ok) throw new Error(`message ${id} has no file`)
  return new Uint8Array(await response.arrayBuffer())
}

/** Compares one content with what the destination holds of it, by the package's own list of messages. */
const judgeContent = async (rig: Rig, content: ExpectedContent, packages: ReadonlyArray<PackageRow>) => {
  const hash = hashOf(content.paths.map((path) => readFileSync(path)))
  const rows = packages.filter(({ contentHash }) => contentHash === hash)
  const [row] = rows
  if (row === undefined) return { ids: [], lost: [`${content.name}: no package`], duplicates: [] }
  const ids = row.destMessageIds.map((id) => Number(id) / 2 ** 20)
  const live = new Set(liveMessages(rig).map(({ id }) => id))
  const lost: Array<string> = []
  if (ids.length !== content.parts) lost.push(`${content.name}: ${ids.length} parts instead of ${content.parts}`)
  for (const id of ids) if (!live.has(id)) lost.push(`${content.name}: message ${id} is not there`)
  if (row.fileCount === 0) lost.push(`${content.name}: its file list is missing`)
  if (lost.length === 0) {
    const chunks = await Promise.all(ids.map((id) => download(rig, id)))
    if (hashOf(chunks) !== hash) lost.push(`${content.name}: the bytes in the destination are others`)
  }
  return { ids, lost, duplicates: rows.length > 1 ? [`${content.name}: ${rows.length} packages`] : [] }
}

const liveMessages = (rig: Rig) =>
  (rig.sandbox.state().channels.find(({ name }) => name === DESTINATION)?.messages ?? []).filter(
    ({ deleted, file }) => deleted === undefined && file !== undefined,
  )

/** To be asked when nothing moves any more and the worker has been stopped. */
export const judge = async (rig: Rig): Promise<Verdict> => {
  const packages = (await rig.query(
    `select "contentHash", "destMessageIds", "fileCount" from packages`,
  )) as unknown as ReadonlyArray<PackageRow>
  const judged = []
  for (const content of rig.crashWorld.expected) judged.push(await judgeContent(rig, content, packages))
  const named = new Set(judged.flatMap(({ ids }) => ids))
  const extra = liveMessages(rig).filter(({ id }) => !named.has(id))
  const open = await rig.query(
    `select "setName", "state", "reason" from stash_claims where "state" not in ('published', 'duplicate')`,
  )
  const journal = await rig.query(`select "contentHash" from stash_publications`)
  const locks = await rig.query(
    `select a.application_name from pg_locks l join pg_stat_activity a using (pid) where l.locktype = 'advisory'`,
  )
  return {
    lost: judged.flatMap(({ lost }) => lost),
    duplicates: [
      ...judged.flatMap(({ duplicates }) => duplicates),
      ...extra.map(({ file, id, text }) => `message ${id} (${file?.name}, ${text}) is one too many`),
      ...(packages.length > judged.length ? [`${packages.length} packages`] : []),
    ],
    stuck: [
      ...open.map(({ reason, setName, state }) => `${setName} is ${state}: ${reason}`),
      ...journal.map(({ contentHash }) => `the journal still has ${contentHash}`),
    ],
    leftovers: [
      ...rig.temporaryFiles.map((path) => `file ${path}`),
      ...rig.leftProcesses.map((pid) => `process ${pid}`),
      ...locks.map(({ application_name: name }) => `lock of ${name}`),
    ],
  }
}

/** Whether the worker has nothing left to do. */
export const isQuiet = async (rig: Rig): Promise<boolean> => {
  const [row] = await rig.query(`
    select (select count(*) from packages where "fileCount" > 0)::int as packages,
           (select count(*) from stash_claims where state in ('published', 'duplicate'))::int as settled,
           (select count(*) from stash_claims)::int as claims,
           (select count(*) from stash_publications)::int as open`)
  const { expected, sets } = rig.crashWorld
  return (
    row !== undefined &&
    row["packages"] === expected.length &&
    row["claims"] === sets &&
    row["settled"] === sets &&
    row["open"] === 0
  )
}
