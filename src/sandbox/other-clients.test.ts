import { createHash } from "node:crypto"
import { describe, expect, it } from "vitest"
import { startSandbox, type World } from "./sandbox.ts"
import { generatedContent } from "./state/content.ts"
import { expectClean } from "./testing/expect-clean.ts"
import { mtcuteClient } from "./testing/mtcute-client.ts"

const ALICE = "15550001"
const BYTES = 20 * 2 ** 20 + 3

const world: World = {
  accounts: [{ phone: ALICE, firstName: "Alice", code: "12345" }],
  channels: [
    {
      name: "source",
      kind: "channel",
      members: [ALICE],
      messages: [{ text: "hello" }, { generate: { bytes: BYTES, seed: "down" }, name: "dragon.zip" }],
    },
    { name: "destination", kind: "channel", admins: [ALICE] },
  ],
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

describe("A client of the library mtcute", () => {
  it.each([false, true])("logs in, reads, downloads and uploads (forward secrecy: %s)", async (usePfs) => {
    await using sandbox = await startSandbox({ world })
    const client = mtcuteClient(sandbox.endpoint, { usePfs })
    try {
      const { phoneCodeHash } = (await client.sendCode({ phone: ALICE })) as { readonly phoneCodeHash: string }
      const user = await client.signIn({ phone: ALICE, phoneCodeHash, phoneCode: "12345" })
      expect(user.firstName).toBe("Alice")

      const peers = new Map<string, Parameters<typeof client.getHistory>[0]>()
      for await (const { peer } of client.iterDialogs()) peers.set(peer.displayName, peer)
      expect([...peers.keys()].toSorted()).toEqual(["destination", "source"])
      const [document, text] = await client.getHistory(peers.get("source") ?? "")
      expect(text?.text).toBe("hello")
      if (document?.media?.type !== "document") throw new Error("the newest message has no document")
      const downloaded = await client.downloadAsBuffer(document.media)
      const [source] = sandbox.state().channels
      expect(sha256(downloaded)).toBe(source?.messages[1]?.file?.sha256)

      const content = generatedContent(BYTES, "up").read(0, BYTES)
      const file = { type: "document", file: content, fileName: "castle.7z" } as const
      const sent = await client.sendMedia(peers.get("destination") ?? "", file)
      expect(sandbox.state().channels[1]?.messages).toMatchObject([
        { id: sent.id, from: ALICE, file: { name: "castle.7z", bytes: BYTES, sha256: sha256(content) } },
      ])
      expectClean(sandbox.counters())
    } finally {
      await client.destroy()
    }
  })
})
