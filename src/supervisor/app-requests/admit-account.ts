import { Effect, Option } from "effect"
import { destination as destinationOf, isLinked, linkChannel } from "../../../db/channels.ts"
import { ask } from "../../../db/requests.ts"
import { getSetting } from "../../../db/settings.ts"
import type { ChatRequest } from "../../channel/chat-requests.ts"
import { INVITE_KEY } from "../../channel-roles.ts"
import { logEvent } from "../../log-line.ts"

/** So long the account has to join. */
const JOIN_SECONDS = 3600

/** Lets an account that is new write to the destination, which it joins by the invite link that the app has, if there is one. */
export const admitAccount = Effect.fn("admitAccount")(
  function* (accountId: string) {
    const destination = yield* destinationOf()
    if (Option.isNone(destination)) return
    const { channelId, chatId, title } = destination.value
    if (yield* isLinked(accountId, channelId)) return
    const link = yield* getSetting(INVITE_KEY)
    yield* linkChannel({ accountId, channelId, role: "WRITER" })
    yield* logEvent.info("account.admitted", `The account may publish in ${title} from now on`, { account: accountId })
    if (Option.isNone(link)) return
    const request: ChatRequest = { _tag: "Join", target: link.value, chatId }
    yield* ask({ accountId, request, timeoutSeconds: JOIN_SECONDS })
  },
  Effect.catch((error) =>
    logEvent.warn("account.unadmitted", "Whether the account writes to the destination could not be seen to", {
      error: error.message,
    }),
  ),
)
