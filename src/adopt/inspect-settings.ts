import type { Config } from "../config.ts"
import { missingCredentials, notSet } from "../telegram-credentials.ts"
import { type Finding, when } from "./finding.ts"

const MEBIBYTE = 1024 * 1024
/** What the former worker's compose file set, far below what its code allowed. */
const FORMER_LIMIT_MB = 4096

/** What is to be said of the worker's settings, which are valid each for itself. */
export const inspectSettings = (config: Config): ReadonlyArray<Finding> => [
  ...when(config.databaseUrl === undefined, {
    kind: "blocker",
    about: "settings",
    what: "DATABASE_URL is not set: the installation's database is not known",
    remedy: "set it as the web app has it",
  }),
  ...when(missingCredentials(config).length > 0, {
    kind: "blocker",
    about: "settings",
    what: notSet(missingCredentials(config)),
    remedy: "set them as the former worker had them: its sessions belong to that API id",
  }),
  ...when(config.maxSetBytes === FORMER_LIMIT_MB * MEBIBYTE, {
    kind: "warning",
    about: "settings",
    what: `WORKER_MAX_ZIP_SIZE_MB is ${FORMER_LIMIT_MB}, as the former worker's compose file has it: larger archives are skipped`,
    remedy: "leave it out (then it is 204800), and: stash skipped retry --reason SIZE_LIMIT",
  }),
  ...when(config.tdlibKeyFile !== undefined, {
    kind: "note",
    about: "settings",
    what: "STASH_TDLIB_KEY_FILE is set: TDLib's databases are encrypted from their first start on; the copy that is kept for the former worker is not",
  }),
]
