import { join } from "node:path"
import type * as tdl from "tdl"
import { configure, createBareClient } from "tdl"
import type { Invoke } from "tdlib-types"
import type { ChildMessage, ParentMessage, TdlibSettings } from "./messages.ts"

/*
 * A process with one TDLib in it, driven by its parent: invokes what it is told and reports every update. TDLib runs in
 * a process of its own because its log lines and its crashes are then seen from outside.
 */

const tell = (message: ChildMessage): void => {
  process.send?.(message)
}

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const open = (settings: TdlibSettings): tdl.Client => {
  // 1 = errors only: any line it prints is a reason to fail.
  configure({ tdjson: settings.library, verbosityLevel: 1 })
  const client = createBareClient()
  client.on("update", (update) => tell({ type: "update", update }))
  client.on("error", (error) => tell({ type: "failed", error: describe(error) }))
  const first = [
    // Nothing may be dialled before the proxy is set.
    client.invoke({ _: "setNetworkType", type: { _: "networkTypeNone" } }),
    client.invoke({
      _: "addProxy",
      proxy: {
        _: "proxy",
        server: "127.0.0.1",
        port: settings.port,
        type: { _: "proxyTypeSocks5", username: "", password: "" },
      },
      enable: true,
    }),
    ...Object.entries(settings.options ?? {}).map(([name, value]) =>
      client.invoke({ _: "setOption", name, value: { _: "optionValueBoolean", value } }),
    ),
    client.invoke({
      _: "setTdlibParameters",
      use_test_dc: false,
      database_directory: join(settings.directory, "db"),
      files_directory: join(settings.directory, "files"),
      use_message_database: true,
      use_file_database: true,
      use_chat_info_database: true,
      use_secret_chats: false,
      api_id: 1,
      api_hash: "sandbox",
      system_language_code: "en",
      device_model: "sandbox test",
      application_version: "1",
    }),
  ]
  Promise.all(first)
    .then(() => client.invoke({ _: "setNetworkType", type: { _: "networkTypeOther" } }))
    .catch((error: unknown) => tell({ type: "failed", error: describe(error) }))
  return client
}

let client: tdl.Client | undefined

const receive = async (message: ParentMessage): Promise<void> => {
  if (message.type === "open") {
    client = open(message.settings)
    return
  }
  if (client === undefined) return
  if (message.type === "close") {
    await client.close()
    process.disconnect()
    return
  }
  try {
    tell({ type: "result", id: message.id, result: await (client.invoke as Invoke)(message.request) })
  } catch (error) {
    tell({ type: "error", id: message.id, error: describe(error) })
  }
}

process.on("message", (message) => void receive(message as ParentMessage))
// Without its parent the process has no purpose; TDLib keeps what it needs on disk.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"))
