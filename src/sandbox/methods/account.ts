import type { Methods } from "./call.ts"

/** What a client tells or asks about its own account. */
export const accountMethods = () =>
  ({
    "account.updateStatus": () => true,
  }) satisfies Methods
