import { Command } from "effect/cli"
import { destination } from "./channel-destination.ts"
import { linkCommands } from "./channel-links.ts"
import { chats, list } from "./channel-list.ts"
import { settingCommands } from "./channel-settings.ts"

/** `stash channel`: the sources and the destination, and who reads and writes them. */
export const channelCommand = Command.make("channel").pipe(
  Command.withDescription("Channels: find, join and choose them, see who reads them and how far"),
  Command.withSubcommands([list, chats, ...linkCommands, destination, ...settingCommands]),
)
