import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { LoadedWorld } from "../world.ts"
import { buildWorld, worldDigest } from "./build.ts"
import { DigestUploads } from "./digest-uploads.ts"
import { isDirectoryInUse, lockDirectory } from "./directory-lock.ts"
import { DiskUploads } from "./disk-uploads.ts"
import { Journal, JournalError } from "./journal.ts"
import { StateRecord } from "./records.ts"
import { Telegram } from "./telegram.ts"

/** What is kept of uploads: all of it on disk, or size, SHA-256, beginning and end. */
export type KeepUploads = "disk" | "digest"

/** A Telegram together with what has to be released when it is no longer used. */
export interface OpenTelegram {
  readonly telegram: Telegram
  readonly close: () => Promise<void>
  /** Copies the state to a new directory; rejects with JournalError when there is something in it. */
  readonly save: (directory: string) => Promise<void>
}

/** A temporary directory that nobody has locked for so long belongs to nobody: milliseconds. */
const FORGOTTEN_AFTER = 60_000

const now = (): number => Math.floor(Date.now() / 1000)

const TEMPORARY_PREFIX = "dragons-stash-sandbox-state-"

/** Removes the directories of sandboxes that were killed. */
const removeForgotten = async (): Promise<void> => {
  for (const name of readdirSync(tmpdir()).filter((found) => found.startsWith(TEMPORARY_PREFIX))) {
    const directory = join(tmpdir(), name)
    const age = Date.now() - (statSync(directory, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    // One that was just made has no lock yet.
    if (age < FORGOTTEN_AFTER || (await isDirectoryInUse(directory))) continue
    rmSync(directory, { recursive: true, force: true })
  }
}

/** A Telegram that is forgotten when it is closed. What happens lies in a temporary directory until then. */
export const openTemporaryTelegram = async (world: LoadedWorld, keepUploads: KeepUploads): Promise<OpenTelegram> => {
  await removeForgotten()
  const directory = mkdtempSync(join(tmpdir(), TEMPORARY_PREFIX))
  const opened = await openPersistentTelegram(world, directory, keepUploads)
  return {
    ...opened,
    close: async () => {
      await opened.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Copies a state to a directory that is new or empty, all at one moment. Throws JournalError when it is not. */
const copyState = (from: string, to: string): void => {
  if (existsSync(to) && readdirSync(to).length > 0) throw new JournalError(`${to} is not empty`)
  mkdirSync(to, { recursive: true, mode: 0o700 })
  cpSync(from, to, { recursive: true })
}

/**
 * The Telegram whose state is kept in this directory, made when the directory is new. Rejects with JournalError when the
 * state is damaged, belongs to another world, or is in use by another sandbox.
 */
export const openPersistentTelegram = async (
  world: LoadedWorld,
  directory: string,
  keepUploads: KeepUploads,
): Promise<OpenTelegram> => {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const unlock = await lockDirectory(directory)
  try {
    const journal = Journal.open(join(directory, "journal.jsonl"), StateRecord)
    const digest = worldDigest(world)
    const first = journal.entries[0] ?? { type: "created", world: digest, at: now() }
    if (first.type !== "created" || first.world !== digest) {
      journal.close()
      throw new JournalError(
        `The state in ${directory} belongs to another world than this one. Use the world it was made with, or another directory.`,
      )
    }
    if (journal.entries.length === 0) journal.append(first)
    const uploads = new (keepUploads === "disk" ? DiskUploads : DigestUploads)(join(directory, "uploads"))
    const telegram = new Telegram(directory, uploads, (record) => journal.append(record), now)
    buildWorld(telegram, world, first.at)
    for (const entry of journal.entries) telegram.apply(entry)
    return {
      telegram,
      save: async (target) => copyState(directory, target),
      close: async () => {
        journal.close()
        await unlock()
      },
    }
  } catch (error) {
    await unlock()
    throw error
  }
}
