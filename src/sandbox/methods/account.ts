import type { Methods } from "./call.ts"

/** What a client tells or asks about its own account. */
export const accountMethods = () =>
  ({
    "account.updateStatus": () => true,
    "account.getPassword": () => ({
      _: "account.password",
      newAlgo: { _: "passwordKdfAlgoUnknown" },
      newSecureAlgo: { _: "securePasswordKdfAlgoUnknown" },
      secureRandom: new Uint8Array(32),
    }),
  }) satisfies Methods
