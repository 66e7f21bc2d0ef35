import { PageSettings } from "../methods/pages.ts"
import { tdlibMessageId } from "../sandbox-state.ts"
import type { Channel, Message } from "../state/channel.ts"
import {
  MessageControl,
  MessagesToDelete,
  MessagesToPin,
  MessagesToPost,
  MessageToEdit,
  MessageToPost,
} from "./message-control.ts"
import { bodyRoute, type ControlContext, created, ok, Refusal, type Route } from "./route.ts"

/** Throws a Refusal when there is no such channel. */
const channelCalled = ({ telegram }: ControlContext, name: string): Channel => {
  const channel = telegram.channels.get(name)
  if (channel === undefined) throw new Refusal(404, `No channel is called ${name}`, [...telegram.channels.keys()])
  return channel
}

const controlOf = ({ telegram, announcements, directory }: ControlContext): MessageControl =>
  new MessageControl(telegram, announcements, directory)

const refuse = (what: string, problems: readonly string[]): void => {
  if (problems.length > 0) throw new Refusal(400, `The ${what} is not valid`, problems)
}

const viewIds = ({ id }: Message) => ({ id, tdlibId: tdlibMessageId(id) })

/** Messages that nobody's client sends, and what becomes of messages without one. */
export const messageRoutes: readonly Route[] = [
  bodyRoute({
    method: "POST",
    path: "/messages",
    summary: "Posts a message now, as a world describes one; connected members hear of it.",
    body: MessageToPost,
    what: "message",
    handle: (context, { body: { channel: name, ...message } }) => {
      const channel = channelCalled(context, name)
      const control = controlOf(context)
      refuse("message", control.problemsOfPost(channel, [message]))
      return created({ channel: name, ...control.post(channel, [message]).map(viewIds)[0] })
    },
  }),
  bodyRoute({
    method: "POST",
    path: "/messages/together",
    summary: "Posts several messages now, as the parts of an album come; connected members hear of them.",
    body: MessagesToPost,
    what: "list of messages",
    handle: (context, { body: { channel: name, messages } }) => {
      const channel = channelCalled(context, name)
      const control = controlOf(context)
      refuse("list of messages", control.problemsOfPost(channel, messages, "messages"))
      return created({ channel: name, messages: control.post(channel, messages).map(viewIds) })
    },
  }),
  bodyRoute({
    method: "POST",
    path: "/messages/edit",
    summary: "Edits a message now: its text, caption or file; connected members hear of it.",
    body: MessageToEdit,
    what: "edit",
    handle: (context, { body: { channel: name, message, ...change } }) => {
      const channel = channelCalled(context, name)
      const control = controlOf(context)
      refuse("edit", control.problemsOfEdit(channel, message, change))
      return ok({ channel: name, edited: control.edit(channel, message, change) })
    },
  }),
  bodyRoute({
    method: "POST",
    path: "/messages/delete",
    summary: "Deletes messages now; connected members hear of it.",
    body: MessagesToDelete,
    what: "list of messages",
    handle: (context, { body: { channel: name, messages } }) => {
      const channel = channelCalled(context, name)
      const control = controlOf(context)
      refuse("list of messages", control.problemsOfReferences(channel, messages))
      return ok({ channel: name, deleted: control.delete(channel, messages) })
    },
  }),
  bodyRoute({
    method: "POST",
    path: "/messages/pin",
    summary: "Pins messages now, or takes them off; connected members hear of it.",
    body: MessagesToPin,
    what: "list of messages",
    handle: (context, { body: { channel: name, messages, pinned = true } }) => {
      const channel = channelCalled(context, name)
      const control = controlOf(context)
      refuse("list of messages", control.problemsOfReferences(channel, messages))
      return ok({ channel: name, changed: control.pin(channel, messages, pinned) })
    },
  }),
  bodyRoute({
    method: "POST",
    path: "/pages",
    summary: "Sets how full the pages of histories and searches are from now on; what is not named is as usual.",
    body: PageSettings,
    what: "setting of pages",
    handle: ({ pages }, { body }) => {
      pages.set(body)
      return ok(body)
    },
  }),
]
