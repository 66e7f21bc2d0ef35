import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { configure, createClient } from "tdl"
import { sandboxProxy, startSandbox } from "../sandbox.ts"

const sandbox = await startSandbox({ world: new URL("world.json", import.meta.url).pathname })
configure({ tdjson: sandbox.endpoint.library, verbosityLevel: 1 })
const folder = mkdtempSync(join(tmpdir(), "tdl-example-"))
const client = createClient({ apiId: 1, apiHash: "any", databaseDirectory: folder, filesDirectory: folder })
// In the same turn as createClient: it must come before TDLib's parameters, or TDLib would dial Telegram's addresses.
await client.invoke({ _: "addProxy", proxy: sandboxProxy(sandbox.endpoint), enable: true })
await client.login({ type: "user", getPhoneNumber: async () => "15550001", getAuthCode: async () => "12345" })
const { first_name: name } = await client.invoke({ _: "getMe" })
const { total_count: chats } = await client.invoke({ _: "getChats", limit: 10 })
process.stdout.write(`${name} is in ${chats} chat\n`)
await client.close()
await sandbox.close()
