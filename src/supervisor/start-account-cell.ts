import { join } from "node:path"
import { Effect, Redacted } from "effect"
import type { Account } from "../../db/accounts.ts"
import type { CellConfig } from "../channel/warden-messages.ts"
import type { Config } from "../config.ts"
import type { LogWriter } from "../log.ts"
import { accountSecrets } from "./account-secrets.ts"
import { startCell } from "./cell.ts"
import type { SandboxConnection } from "./sandbox-connection.ts"

/** What every account cell is started with. */
export interface CellFoundations {
  readonly config: Config
  readonly databaseUrl: Redacted.Redacted<string>
  readonly sandbox: SandboxConnection | undefined
  readonly logs: LogWriter
}

type Secrets = Effect.Success<ReturnType<typeof accountSecrets>>

const cellConfig = (
  account: Pick<Account, "id" | "phone">,
  secrets: Secrets,
  { config, databaseUrl, sandbox }: CellFoundations,
): CellConfig => ({
  ...secrets,
  deviceName: config.deviceName,
  accountId: account.id,
  phone: account.phone,
  databaseUrl: Redacted.value(databaseUrl),
  tdlibDirectory: join(config.tdlibDirectory, account.id),
  tempDirectory: join(config.tempDirectory, account.id),
  // The sandbox takes any API id.
  apiId: config.telegramApiId ?? 1,
  apiHash: config.telegramApiHash === undefined ? "sandbox" : Redacted.value(config.telegramApiHash),
  sandbox: sandbox?.endpoint ?? null,
  logsInByItself: sandbox !== undefined && config.sandboxCodes === "given",
  maxPartBytes: config.maxPartBytes ?? null,
  maxSetBytes: config.maxSetBytes,
  multipartTimeoutHours: config.multipartTimeoutHours,
  tdlibCacheBytes: config.tdlibCacheBytes,
  verifyHours: config.verifyHours,
  groupWindowMinutes: config.groupWindowMinutes,
  captionTags: config.captionTags,
  publishBy: config.publishBy,
  verifyUploads: config.verifyUploads,
  documentExtensions: config.documentExtensions,
  scanOrder: config.scanOrder,
  logLevel: config.logLevel,
  traces: config.traces === undefined ? null : Redacted.value(config.traces),
  memory: config.cellMemory,
  faultDirectory: config.faultDirectory ?? null,
})

/** Starts the cell of an account, which lives as long as the scope; `onMeasured` hears what it counts. */
export const startAccountCell = Effect.fn("startAccountCell")(function* (
  account: Pick<Account, "id" | "phone">,
  foundations: CellFoundations,
  onMeasured?: Parameters<typeof startCell>[3],
) {
  const { config, logs } = foundations
  const secrets = yield* accountSecrets(account.id, config)
  const compileCache = process.env["NODE_COMPILE_CACHE"] ?? join(config.dataDirectory, "compiled")
  return yield* startCell(cellConfig(account, secrets, foundations), logs, compileCache, onMeasured)
})
