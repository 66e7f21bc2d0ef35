import { Schema } from "effect"
import type { Config } from "./config.ts"

type Given = Pick<Config, "sandboxUrl" | "telegramApiHash" | "telegramApiId">

/** The settings without which Telegram lets nobody in; none where a sandbox is talked to. */
export const missingCredentials = ({ sandboxUrl, telegramApiHash, telegramApiId }: Given): ReadonlyArray<string> =>
  sandboxUrl !== undefined
    ? []
    : [
        ...(telegramApiId === undefined ? ["TELEGRAM_API_ID"] : []),
        ...(telegramApiHash === undefined ? ["TELEGRAM_API_HASH"] : []),
      ]

/** What is missing, as the beginning of a sentence. */
export const notSet = (missing: ReadonlyArray<string>): string =>
  `${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} not set`

/** Thrown when: the worker is to talk to the real Telegram without the operator's API credentials. */
export class CredentialsMissing extends Schema.TaggedError<CredentialsMissing>()("CredentialsMissing", {
  missing: Schema.Array(Schema.String),
}) {
  override get message(): string {
    return `${notSet(this.missing)}: get them at my.telegram.org, or set STASH_SANDBOX`
  }
}
