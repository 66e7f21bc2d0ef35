import { Effect, Option, Schema } from "effect"
import { destination, linkChannel } from "../../../db/channels.ts"
import { setSetting } from "../../../db/settings.ts"
import { INVITE_KEY } from "../../channel-roles.ts"
import { logEvent } from "../../log-line.ts"
import { inviteOthers } from "./create-destination.ts"
import { askChat, type Done, Refused, Unfit, unexpected, type Work } from "./work.ts"

const decodeInput = Schema.decodeUnknownEffect(Schema.Struct({ channelId: Schema.NonEmptyString }))

/** Makes an invite link of the destination, by which all accounts come in. An account that may not invite leaves it to another. */
export const generateInvite = Effect.fn("generateInvite")(function* (work: Work) {
  const { channelId } = yield* decodeInput(work.request.input).pipe(
    Effect.mapError(() => new Refused({ reason: "no channel was named" })),
  )
  const current = yield* destination()
  if (Option.isNone(current) || current.value.channelId !== channelId)
    return yield* new Refused({ reason: "the channel is not the destination (any more)" })
  const answer = yield* askChat(work, { _tag: "Invite", chatId: current.value.chatId }).pipe(
    Effect.catchTag("Refused", ({ reason }) => Effect.fail(new Unfit({ reason }))),
  )
  if (answer._tag !== "Invited") return yield* unexpected(answer)
  const { inviteLink } = answer
  const done: Done = Effect.gen(function* () {
    yield* linkChannel({ accountId: work.accountId, channelId, role: "WRITER" })
    yield* setSetting(INVITE_KEY, inviteLink)
    yield* inviteOthers(current.value, inviteLink, work.accountId)
    yield* logEvent.info("invite.made", "The destination has an invite link", { channel: current.value.title })
  })
  return done
})
