import { randomBytes } from "node:crypto"
import { tdlibMessageId } from "../sandbox-state.ts"
import { draftOfMessage, fileOfMessage } from "../state/build.ts"
import { MessageToPost, problemsOfReferences } from "../world.ts"
import { bodyRoute, created, Refusal, type Route } from "./route.ts"

/** Messages that nobody's client sends. */
export const messageRoutes: readonly Route[] = [
  bodyRoute({
    method: "POST",
    path: "/messages",
    summary: "Posts a message now, as a world describes one; connected members hear of it.",
    body: MessageToPost,
    what: "message",
    handle: ({ telegram, announcements, directory }, { body }) => {
      const { channel: name, ...message } = body
      const channel = telegram.channels.get(name)
      if (channel === undefined) throw new Refusal(404, `No channel is called ${name}`, [...telegram.channels.keys()])
      const problems = problemsOfReferences(message, "", directory, (phone) => telegram.accounts.has(phone))
      if (problems.length > 0) throw new Refusal(400, "The message is not valid", problems)
      const record = fileOfMessage(message, directory)
      const file =
        record === undefined ? undefined : telegram.addFile({ id: String(randomBytes(8).readBigInt64LE()), ...record })
      const draft = draftOfMessage(message, name, telegram.accounts)
      const posted = telegram.post(channel, [file === undefined ? draft : { ...draft, file }])
      announcements.posted(channel, posted)
      const id = posted[0]?.id ?? 0
      return created({ channel: name, id, tdlibId: tdlibMessageId(id) })
    },
  }),
]
