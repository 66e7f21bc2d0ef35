import * as Context from "effect/Context"
import type { CellConfig } from "../src/channel/warden-messages.ts"

/** This cell's configuration, as the supervisor sent it. */
export class AccountConfig extends Context.Service<AccountConfig, CellConfig>()("accounts/AccountConfig") {}
