import { createReadStream, createWriteStream } from "node:fs"
import { rm, stat } from "node:fs/promises"
import { join } from "node:path"
import { pipeline } from "node:stream/promises"
import { Effect, Stream } from "effect"
import type { ArchiveType } from "../../archive/archive-set.ts"
import { type RestoredSet, restoreVolumes } from "../../archive/restore-volumes.ts"
import type { FetchEvent, FetchedFile } from "../../channel/document-requests.ts"
import type { Config } from "../../config.ts"
import type { Volume } from "../../cpu/jobs.ts"
import { Refused, Unfit, type Work } from "./work.ts"

/** Where requests keep files for a while; nothing in it outlives the worker. */
export const requestFolder = ({ tempDirectory }: Config): string => join(tempDirectory, "requests")

/** A package of the destination, on the disk again. */
export interface FetchedPackage {
  readonly files: ReadonlyArray<FetchedFile>
  readonly directory: string
}

interface Wanted {
  readonly chatId: number
  readonly messageIds: ReadonlyArray<number>
  /** Names the folder. */
  readonly name: string
  readonly maxBytes: number
}

/** Has the account download a package's messages. An account that does not see them leaves it to another one. */
export const fetchPackage = Effect.fn("fetchPackage")(function* (
  { accountId, cell, config }: Work,
  { chatId, maxBytes, messageIds, name }: Wanted,
  onProgress: (doneBytes: number, totalBytes: number) => Effect.Effect<void> = () => Effect.void,
) {
  const directory = join(requestFolder(config), `${accountId}-${name}`)
  let files: ReadonlyArray<FetchedFile> = []
  yield* cell.account.FetchDocuments({ chatId, messageIds, directory, maxBytes }).pipe(
    Stream.runForEach((event: FetchEvent) => {
      if (event._tag === "Fetching") return onProgress(event.doneBytes, event.totalBytes)
      files = event.files
      return Effect.void
    }),
    Effect.catchTag("ChatRefusal", ({ message }) => Effect.fail(new Unfit({ reason: message }))),
  )
  const fetched: FetchedPackage = { files, directory }
  return fetched
})

export const removeFetched = (directory: string): Effect.Effect<void> =>
  Effect.ignore(Effect.tryPromise(() => rm(directory, { recursive: true, force: true })))

const joinFiles = async (paths: ReadonlyArray<string>, target: string, bytes: number): Promise<void> => {
  const there = await stat(target).catch(() => undefined)
  if (there?.size === bytes) return
  await rm(target, { force: true })
  for (const path of paths) await pipeline(createReadStream(path), createWriteStream(target, { flags: "a" }))
}

/** The volumes of a fetched package, joined where they were cut. Fails with `Refused` when the names make no set. */
export const volumesOf = Effect.fn("volumesOf")(function* (
  { directory, files }: FetchedPackage,
  archiveType: ArchiveType,
) {
  const set = restoreVolumes(files, archiveType)
  if (set === undefined)
    return yield* new Refused({ reason: `its parts make no archive: ${files.map(({ name }) => name).join(", ")}` })
  const volumes: Array<Volume> = []
  for (const [index, volume] of set.volumes.entries()) {
    const paths = volume.parts.flatMap((part) => files[part]?.path ?? [])
    const [only] = paths
    const joined = join(directory, `joined-${index}`)
    if (paths.length > 1)
      yield* Effect.tryPromise({
        try: () => joinFiles(paths, joined, volume.bytes),
        catch: (error) => new Refused({ reason: `its volumes could not be joined: ${String(error)}` }),
      })
    volumes.push({ path: paths.length > 1 ? joined : (only ?? ""), name: volume.name })
  }
  const restored: { readonly set: RestoredSet; readonly volumes: ReadonlyArray<Volume> } = { set, volumes }
  return restored
})
