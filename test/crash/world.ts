import type { World } from "../../src/sandbox/sandbox.ts"
import { makeArchive } from "../archive-files.ts"
import type { ExpectedContent } from "../library-verdict.ts"

export const DESTINATION = "library"
export const accounts = [
  { phone: "15550001001", firstName: "Alice", premium: true, code: "12345" },
  { phone: "15550001002", firstName: "Bob", premium: false, code: "12345" },
]
/** With this limit the largest archive of the world goes up in three parts. */
export const MAX_PART_SIZE_MB = "1"

export interface CrashWorld {
  readonly world: World
  /** By channel, the phones of the accounts that read it. */
  readonly memberships: ReadonlyArray<{ readonly name: string; readonly members: ReadonlyArray<string> }>
  readonly expected: ReadonlyArray<ExpectedContent>
  /** How many archive sets all of it is, over all sources. */
  readonly sets: number
}

/** One more content, and the posts that bring it: every source's readers see it in some source of theirs. */
export interface MoreWork {
  readonly content: ExpectedContent
  readonly posts: ReadonlyArray<{ readonly channel: string; readonly file: string; readonly name: string }>
}

const KIBIBYTE = 1024
/**
 * Makes the archives and the world: two accounts that share one source, a second source for each, one content posted in
 * several places, a set in three volumes, and one archive that has to be split.
 */
export const makeWorld = async (folder: string): Promise<CrashWorld> => {
  const dragon = await makeArchive(folder, "Dragon.zip", 300 * KIBIBYTE)
  const orc = await makeArchive(folder, "Orc.zip", 200 * KIBIBYTE)
  const titan = await makeArchive(folder, "Titan.zip", 2500 * KIBIBYTE)
  const castle = await makeArchive(folder, "Castle.7z", 900 * KIBIBYTE, `-v${400 * KIBIBYTE}b`)
  const volumes = [1, 2, 3].map((volume) => `${castle}.00${volume}`)
  const post = (file: string, name?: string) => ({ file, ...(name === undefined ? {} : { name }) })
  const [alice, bob] = accounts.map(({ phone }) => phone)
  const members = [alice ?? "", bob ?? ""]
  const channels = [
    {
      name: "shared",
      members,
      messages: [post(dragon), ...volumes.map((path) => post(path)), post(orc, "Orc (painted).zip")],
    },
    { name: "of-alice", members: [alice ?? ""], messages: [post(titan), post(orc)] },
    {
      name: "of-bob",
      members: [bob ?? ""],
      messages: [post(titan, "Titan_final.zip"), post(dragon, "Dragon2.zip")],
    },
    { name: DESTINATION, members, admins: members, messages: [] },
  ]
  return {
    world: { accounts, channels: channels.map((channel) => ({ ...channel, kind: "channel" as const })) },
    memberships: channels,
    expected: [
      { name: "Dragon", paths: [dragon], parts: 1 },
      { name: "Orc", paths: [orc], parts: 1 },
      { name: "Titan", paths: [titan], parts: 3 },
      { name: "Castle", paths: volumes, parts: 3 },
    ],
    sets: 7,
  }
}

/** Makes an archive that nobody has seen yet and that has to be split in three, to be posted in two sources. */
export const makeMoreWork = async (folder: string, number: number): Promise<MoreWork> => {
  const path = await makeArchive(folder, `More ${number}.zip`, 2500 * KIBIBYTE)
  return {
    content: { name: `More ${number}`, paths: [path], parts: 3 },
    posts: [
      { channel: "shared", file: path, name: `More ${number}.zip` },
      { channel: "of-bob", file: path, name: `More ${number} (again).zip` },
    ],
  }
}
