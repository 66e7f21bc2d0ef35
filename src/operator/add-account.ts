import { Effect, Schema } from "effect"
import { giveOrder } from "../../db/account-states.ts"
import { addAccount } from "../../db/accounts.ts"

/** Thrown when: what was given as a phone number is none. */
export class NoPhoneNumber extends Schema.TaggedError<NoPhoneNumber>()("NoPhoneNumber", {}) {
  override get message(): string {
    return "that is no phone number: give it with its country code, as in +49 170 1234567"
  }
}

const phoneIn = (text: string) => {
  const phone = text.replace(/[\s().-]/g, "")
  return /^\+?[0-9]{5,15}$/.test(phone) ? Effect.succeed(phone.replace("+", "")) : new NoPhoneNumber()
}

/** Adds an account, as people write its phone number; a running worker asks Telegram for a login code then. */
export const addByPhone = Effect.fn("addByPhone")(function* (text: string, name: string | null) {
  const account = yield* addAccount({ phone: yield* phoneIn(text), displayName: name })
  yield* giveOrder({ order: "review" })
  return account
})
