import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"

/** A content that must be in the destination once. */
export interface ExpectedContent {
  readonly name: string
  /** Absolute paths of its volumes, in order; their bytes joined are the content. */
  readonly paths: ReadonlyArray<string>
  readonly parts: number
}

/** A message with a file that is in the destination and not deleted. */
export interface DeliveredFile {
  readonly id: number
  readonly name: string
  readonly text: string
}

/** What is compared: what should be, what the sandbox holds, and what the database says. */
export interface LibraryRecord {
  readonly expected: ReadonlyArray<ExpectedContent>
  readonly delivered: ReadonlyArray<DeliveredFile>
  /** Bytes of the file of a message in the destination. */
  readonly download: (id: number) => Promise<Uint8Array>
  readonly query: (text: string) => Promise<ReadonlyArray<Record<string, unknown>>>
}

export interface LibraryVerdict {
  readonly duplicates: ReadonlyArray<string>
  readonly lost: ReadonlyArray<string>
}

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

/** Downloads file after file from the destination of a sandbox. */
export const downloadFrom =
  (sandboxUrl: string, channel: string) =>
  async (id: number): Promise<Uint8Array> => {
    const response = await fetch(new URL(`/files?channel=${channel}&id=${id}`, sandboxUrl))
    if (!response.ok) throw new Error(`message ${id} has no file`)
    return new Uint8Array(await response.arrayBuffer())
  }

/** Compares one content with what the destination holds of it, by the package's own list of messages. */
const judgeContent = async (record: LibraryRecord, content: ExpectedContent, packages: ReadonlyArray<PackageRow>) => {
  const hash = hashOf(content.paths.map((path) => readFileSync(path)))
  const rows = packages.filter(({ contentHash }) => contentHash === hash)
  const [row] = rows
  if (row === undefined) return { ids: [], lost: [`${content.name}: no package`], duplicates: [] }
  const ids = row.destMessageIds.map((id) => Number(id) / 2 ** 20)
  const live = new Set(record.delivered.map(({ id }) => id))
  const lost: Array<string> = []
  if (ids.length !== content.parts) lost.push(`${content.name}: ${ids.length} parts instead of ${content.parts}`)
  for (const id of ids) if (!live.has(id)) lost.push(`${content.name}: message ${id} is not there`)
  if (row.fileCount === 0) lost.push(`${content.name}: its file list is missing`)
  if (lost.length === 0) {
    const chunks = await Promise.all(ids.map(record.download))
    if (hashOf(chunks) !== hash) lost.push(`${content.name}: the bytes in the destination are others`)
  }
  return { ids, lost, duplicates: rows.length > 1 ? [`${content.name}: ${rows.length} packages`] : [] }
}

/** P1 and P2, by the sandbox's own record. To be asked when nothing moves any more. */
export const judgeLibrary = async (record: LibraryRecord): Promise<LibraryVerdict> => {
  const packages = (await record.query(
    `select "contentHash", "destMessageIds", "fileCount" from packages`,
  )) as unknown as ReadonlyArray<PackageRow>
  const judged = []
  for (const content of record.expected) judged.push(await judgeContent(record, content, packages))
  const named = new Set(judged.flatMap(({ ids }) => ids))
  const extra = record.delivered.filter(({ id }) => !named.has(id))
  return {
    lost: judged.flatMap(({ lost }) => lost),
    duplicates: [
      ...judged.flatMap(({ duplicates }) => duplicates),
      ...extra.map(({ id, name, text }) => `message ${id} (${name}, ${text}) is one too many`),
      ...(packages.length > judged.length ? [`${packages.length} packages`] : []),
    ],
  }
}
