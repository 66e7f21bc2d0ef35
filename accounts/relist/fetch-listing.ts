import { createReadStream, createWriteStream } from "node:fs"
import { open, rm } from "node:fs/promises"
import { pipeline } from "node:stream/promises"
import * as Effect from "effect/Effect"
import type { Peek } from "../../src/archive/early-look.ts"
import { listingNeed } from "../../src/archive/listing-ranges.ts"
import { AccountConfig } from "../account-config.ts"
import { hasVolume, moveFile, requireRoom, storage } from "../ingest/set-folder.ts"
import type { SourceVolume } from "../ingest/source-file.ts"
import { Supervisor } from "../supervisor-client.ts"
import { downloadFile, forgetDownload } from "../telegram/download.ts"
import { alone } from "../telegram/download-goal.ts"
import { downloadRange } from "../telegram/download-range.ts"
import type { LocatedSet } from "./located-set.ts"

/** Behind everything else that TDLib is to download: it serves strictly by priority. */
const LOWEST_PRIORITY = 1
/** One range of a file at a time, and a few hundred KiB each: they cross the interface to TDLib as text. */
const RANGE_BYTES = 256 * 1024
const ROUNDS = 4

interface Fetched extends Peek {
  readonly content: Uint8Array
}

/** What was fetched of one volume; ranges may lie side by side. */
const readerOf =
  (ranges: ReadonlyArray<Fetched>) =>
  (volume: number, offset: number, length: number): Uint8Array => {
    const result = new Uint8Array(length)
    let done = 0
    while (done < length) {
      const at = offset + done
      const found = ranges.find(
        (range) => range.volume === volume && range.offset <= at && at < range.offset + range.content.length,
      )
      if (found === undefined) break
      const chunk = found.content.subarray(at - found.offset, at - found.offset + length - done)
      result.set(chunk, done)
      done += chunk.length
    }
    return result.subarray(0, done)
  }

const fetchRange = Effect.fn("fetchRange")(function* (volume: SourceVolume, range: Peek) {
  const content = new Uint8Array(range.bytes)
  for (let done = 0; done < range.bytes; done += RANGE_BYTES) {
    const bytes = Math.min(RANGE_BYTES, range.bytes - done)
    const offset = range.offset + done
    content.set(yield* downloadRange({ fileId: volume.fileId, offset, bytes, priority: LOWEST_PRIORITY }), done)
  }
  const fetched: Fetched = { ...range, content }
  return fetched
})

/** Files of the volumes' sizes that hold nothing but these ranges; the rest takes no room on the disk. */
const writeSparse = (paths: ReadonlyArray<string>, { set }: LocatedSet, ranges: ReadonlyArray<Fetched>) =>
  Effect.forEach(
    paths,
    (path, volume) =>
      storage(path, async () => {
        const file = await open(path, "w")
        try {
          await file.truncate(set.volumes[volume]?.bytes ?? 0)
          for (const range of ranges)
            if (range.volume === volume) await file.write(range.content, 0, range.content.length, range.offset)
        } finally {
          await file.close()
        }
      }),
    { discard: true },
  )

/**
 * Fetches the directory of a set, and nothing else, into files with holes. False: its listing needs all of it.
 * Fails with `TelegramError` (transfer) or `StorageError` (disk).
 */
export const fetchDirectory = Effect.fn("fetchDirectory")(function* (
  located: LocatedSet,
  paths: ReadonlyArray<string>,
) {
  const { pieces, set } = located
  if (pieces.some((parts) => parts.length > 1)) return false
  const ranges: Array<Fetched> = []
  const fetched = Effect.gen(function* () {
    for (let round = 0; round < ROUNDS; round++) {
      const need = listingNeed(set.family, set.volumes, readerOf(ranges))
      if (need === "all") return false
      if (need.length === 0) {
        yield* writeSparse(paths, located, ranges)
        return true
      }
      for (const range of need) {
        const volume = set.volumes[range.volume]
        if (volume !== undefined) ranges.push(yield* fetchRange(volume, range))
      }
    }
    return false
  })
  // TDLib would keep a file with holes of its own for each.
  const forget = Effect.forEach(
    new Set(ranges.map(({ volume }) => set.volumes[volume]?.fileId ?? 0)),
    (fileId) => forgetDownload(fileId),
    { discard: true },
  )
  return yield* fetched.pipe(Effect.ensuring(Effect.suspend(() => forget)))
})

const append = (from: string, to: string) =>
  storage(to, async () => {
    await pipeline(createReadStream(from), createWriteStream(to, { flags: "a" }))
    await rm(from, { force: true })
  })

/** Downloads the volumes of a set, those that were cut piece by piece. What is there already is kept. */
export const fetchVolumes = Effect.fn("fetchVolumes")(function* (
  { pieces, set }: LocatedSet,
  paths: ReadonlyArray<string>,
) {
  const supervisor = yield* Supervisor
  const { tdlibDirectory } = yield* AccountConfig
  const fetch = Effect.fn("fetchPiece")(function* ({ bytes, fileId }: SourceVolume) {
    yield* requireRoom(tdlibDirectory, bytes)
    return yield* downloadFile({
      fileId,
      share: alone(LOWEST_PRIORITY),
      onProgress: () => {},
      take: (wantedBytes) => supervisor.takeBandwidth("down", wantedBytes),
    })
  })
  for (const [index, path] of paths.entries()) {
    const volume = set.volumes[index]
    const [first, ...others] = pieces[index] ?? []
    if (volume === undefined || first === undefined || (yield* hasVolume(path, volume.bytes))) continue
    if (others.length === 0) yield* moveFile(yield* fetch(first), path)
    else {
      const growing = `${path}.joining`
      yield* storage(growing, () => rm(growing, { force: true }))
      for (const piece of [first, ...others]) yield* append(yield* fetch(piece), growing)
      yield* moveFile(growing, path)
    }
  }
})
