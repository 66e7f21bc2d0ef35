import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { LoadedWorld } from "../world.ts"
import { buildWorld, worldDigest } from "./build.ts"
import { lockDirectory } from "./directory-lock.ts"
import { Journal, JournalError } from "./journal.ts"
import { StateRecord } from "./records.ts"
import { Telegram } from "./telegram.ts"

/** A Telegram together with what has to be released when it is no longer used. */
export interface OpenTelegram {
  readonly telegram: Telegram
  readonly close: () => Promise<void>
}

const now = (): number => Math.floor(Date.now() / 1000)

/** A Telegram that is forgotten when it is closed. Uploads lie in a temporary directory until then. */
export const openTemporaryTelegram = (world: LoadedWorld): OpenTelegram => {
  const directory = mkdtempSync(join(tmpdir(), "dragons-stash-sandbox-state-"))
  const telegram = new Telegram(directory, () => undefined, now)
  buildWorld(telegram, world, now())
  return { telegram, close: async () => rmSync(directory, { recursive: true, force: true }) }
}

/**
 * The Telegram whose state is kept in this directory, made when the directory is new. Rejects with JournalError when the
 * state is damaged, belongs to another world, or is in use by another sandbox.
 */
export const openPersistentTelegram = async (world: LoadedWorld, directory: string): Promise<OpenTelegram> => {
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
    const telegram = new Telegram(directory, (record) => journal.append(record), now)
    buildWorld(telegram, world, first.at)
    for (const entry of journal.entries) telegram.apply(entry)
    return {
      telegram,
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
