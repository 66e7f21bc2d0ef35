import type { Telegram } from "../state/telegram.ts"
import { bindTemporaryKey } from "./auth-key-binding.ts"
import type { Methods } from "./call.ts"

/** Keys. */
export const authMethods = (telegram: Telegram) =>
  ({
    "auth.bindTempAuthKey": (request, call) => bindTemporaryKey(telegram, request, call),
    "auth.dropTempAuthKeys": () => true,
  }) satisfies Methods
