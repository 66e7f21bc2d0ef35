import { readChannelState } from "../channel-state.ts"
import { Chats } from "../methods/chats.ts"
import { tdlibChatId } from "../sandbox-state.ts"
import { WorldChannel } from "../world.ts"
import {
  ChannelToChange,
  controlChannel,
  controlNewChannel,
  problemsOfChange,
  problemsOfNewChannel,
} from "./channel-control.ts"
import { bodyRoute, created, ok, Refusal, type Route } from "./route.ts"

/** Channels, their members and rights. */
export const channelRoutes: readonly Route[] = [
  bodyRoute({
    method: "POST",
    path: "/channels",
    summary: "Adds a channel, as a world describes one; its members hear of it.",
    body: WorldChannel,
    what: "channel",
    handle: ({ telegram, announcements, directory }, { body }) => {
      const problems = problemsOfNewChannel(telegram, body, directory)
      if (problems.length > 0) throw new Refusal(400, "The channel is not valid", problems)
      const added = controlNewChannel(new Chats(telegram, announcements), body, directory)
      return created({ name: body.name, chatId: tdlibChatId(added), ...readChannelState(added) })
    },
  }),
  bodyRoute({
    method: "POST",
    path: "/channels/:name",
    summary: "Changes a channel while clients are connected: settings, members, rights, invites, topics; deletes it.",
    body: ChannelToChange,
    what: "change",
    handle: ({ telegram, announcements }, { body, parameters }) => {
      const { name = "" } = parameters
      const channel = telegram.channels.get(name)
      if (channel === undefined) throw new Refusal(404, `No channel is called ${name}`, [...telegram.channels.keys()])
      const problems = problemsOfChange(telegram, channel, body)
      if (problems.length > 0) throw new Refusal(400, "The change is not valid", problems)
      controlChannel(telegram, new Chats(telegram, announcements), channel, body)
      return ok({ name, chatId: tdlibChatId(channel), ...readChannelState(channel) })
    },
  }),
]
