import { createHash } from "node:crypto"
import type { Endpoint } from "../../../src/sandbox/sandbox.ts"
import { mtcuteClient } from "../../../src/sandbox/testing/mtcute-client.ts"
import { seconds } from "../measure.ts"
import { CODE, DESTINATION, type Outcome, phoneOf, type Scene, Stage, sourceName } from "./scene.ts"

/** How many files of an account are on their way at once. */
const AT_ONCE = 3

type Client = ReturnType<typeof mtcuteClient>

const openClient = async (endpoint: Endpoint, account: number): Promise<Client> => {
  const client = mtcuteClient(endpoint, { usePfs: false })
  const phone = phoneOf(account)
  const { phoneCodeHash } = (await client.sendCode({ phone })) as { readonly phoneCodeHash: string }
  await client.signIn({ phone, phoneCodeHash, phoneCode: CODE })
  return client
}

/**
 * A worker on @mtcute/core as its documentation invites one to write it: all accounts at once, some files of each at once, in
 * memory, known contents by their digest. Nothing survives its end.
 */
export const runMtcute = async (scene: Scene): Promise<Outcome> => {
  await using stage = await Stage.open(scene)
  const endpoint = (await (await fetch(`${stage.sandbox.ready.url}/endpoint`)).json()) as Endpoint
  const clients = await Promise.all(
    Array.from({ length: scene.accounts }, (_, account) => openClient(endpoint, account)),
  )
  const known = new Set<string>()
  const work = async (client: Client, account: number) => {
    const chats = new Map<string, Parameters<typeof client.getHistory>[0]>()
    for await (const { peer } of client.iterDialogs()) chats.set(peer.displayName, peer)
    for (const source of scene.sources.keys()) {
      if (!scene.reads(account, source)) continue
      const left = await client.getHistory(chats.get(sourceName(source)) ?? "", { limit: 100 })
      const ingest = async () => {
        for (let message = left.pop(); message !== undefined; message = left.pop()) {
          if (message.media?.type !== "document") continue
          const bytes = await client.downloadAsBuffer(message.media)
          const digest = createHash("sha256").update(bytes).digest("hex")
          if (known.has(digest)) continue
          known.add(digest)
          const fileName = message.media.fileName ?? digest
          await client.sendMedia(chats.get(DESTINATION) ?? "", { type: "document", file: bytes, fileName })
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, ingest))
    }
  }
  try {
    return await stage.outcome(await seconds(() => Promise.all(clients.map(work))))
  } finally {
    for (const client of clients) await client.destroy()
  }
}
