import { join } from "node:path"
import type { CellConfig } from "../src/channel/warden-messages.ts"

type Given = Pick<CellConfig, "accountId" | "phone" | "databaseUrl">

/** What an account cell is started with in a test: everything below `folder`, and as a fresh worker has it otherwise. */
export const cellConfigIn = (folder: string, given: Given & Partial<CellConfig>): CellConfig => ({
  tdlibDirectory: join(folder, "tdlib"),
  tempDirectory: join(folder, "temp"),
  apiId: 1,
  apiHash: "sandbox",
  sandbox: null,
  logsInByItself: false,
  proxy: null,
  databaseKeys: [],
  deviceName: "test",
  maxPartBytes: null,
  maxSetBytes: 2 ** 40,
  multipartTimeoutHours: 0,
  verifyHours: 0,
  memory: { softBytes: 2 ** 31, hardBytes: 2 ** 32 },
  captionTags: true,
  publishBy: "upload",
  verifyUploads: "size",
  documentExtensions: [],
  scanOrder: "oldest",
  logLevel: "error",
  traces: null,
  faultDirectory: null,
  ...given,
})
