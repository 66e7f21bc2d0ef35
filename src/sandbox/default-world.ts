import type { World } from "./world.ts"

const ALICE = "15550001001"
const BOB = "15550002002"

/** What the command starts with when no world is given: enough to log in, read, search, download and post. */
export const defaultWorld: World = {
  accounts: [
    { phone: ALICE, firstName: "Alice", premium: true, code: "12345" },
    { phone: BOB, firstName: "Bob", code: "12345" },
  ],
  channels: [
    {
      name: "library",
      title: "Library",
      kind: "channel",
      username: "sandbox_library",
      admins: [ALICE],
      members: [BOB],
      messages: [
        { text: "Everything here is made from a seed: the same bytes each time." },
        { generate: { bytes: 100_000, seed: "small" }, name: "small.bin", caption: "A small file" },
        { generate: { bytes: 20_000_000, seed: "large" }, name: "large.bin", caption: "A file of many parts" },
        { generate: { bytes: 1_000_000, seed: "first" }, name: "first.bin", album: "pair" },
        { generate: { bytes: 1_000_000, seed: "second" }, name: "second.bin", album: "pair" },
      ],
    },
    { name: "inbox", title: "Inbox", kind: "channel", admins: [ALICE, BOB] },
  ],
}
