import { downloadFrom, judgeLibrary, type LibraryVerdict } from "../library-verdict.ts"
import type { Rig } from "./rig.ts"
import { DESTINATION } from "./world.ts"

/** What a run of the crash matrix left behind, as the sandbox and the database tell it. */
export interface Verdict extends LibraryVerdict {
  readonly stuck: ReadonlyArray<string>
  readonly leftovers: ReadonlyArray<string>
}

export const isClean = (verdict: Verdict): boolean =>
  [verdict.duplicates, verdict.lost, verdict.stuck, verdict.leftovers].every((list) => list.length === 0)

const deliveredFiles = (rig: Rig) =>
  (rig.sandbox.state().channels.find(({ name }) => name === DESTINATION)?.messages ?? []).flatMap(
    ({ deleted, file, id, text }) =>
      deleted === undefined && file !== undefined ? [{ id, name: file.name, text }] : [],
  )

/** To be asked when nothing moves any more and the worker has been stopped. */
export const judge = async (rig: Rig): Promise<Verdict> => {
  const library = await judgeLibrary({
    expected: rig.crashWorld.expected,
    delivered: deliveredFiles(rig),
    download: downloadFrom(rig.sandbox.controlUrl, DESTINATION),
    query: (text) => rig.query(text),
  })
  const open = await rig.query(
    `select "setName", "state", "reason" from stash_claims where "state" not in ('published', 'duplicate')`,
  )
  const journal = await rig.query(`select "contentHash" from stash_publications`)
  const locks = await rig.query(
    `select a.application_name from pg_locks l join pg_stat_activity a using (pid) where l.locktype = 'advisory'`,
  )
  return {
    ...library,
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
