import { Effect, Option } from "effect"
import { destinationWithoutLink } from "../../../db/app-requests.ts"
import { hearAppRequest } from "./heard.ts"

/** A destination that was chosen while no worker was there to hear of it has no invite link: it is asked for now. */
export const requestMissingLink = Effect.gen(function* () {
  const found = yield* destinationWithoutLink()
  if (Option.isSome(found)) yield* hearAppRequest("generate_invite", found.value.channelId)
}).pipe(Effect.ignore)
