import { Effect, Schema } from "effect"
import { channelOverviews } from "../../db/channel-overview.ts"

/** Thrown when: no channel, or more than one, is what the operator named. */
export class ChannelNotFound extends Schema.TaggedError<ChannelNotFound>()("ChannelNotFound", {
  wanted: Schema.String,
  found: Schema.Int,
}) {
  override get message(): string {
    const how = this.found === 0 ? "no channel is" : `${this.found} channels are`
    return `${how} called ${this.wanted}: name one by its id, its chat id or its title (stash channel list)`
  }
}

/** The channels that an operator may mean: by id or chat id, else by title, in any letter case. */
export const channelsCalled = Effect.fn("channelsCalled")(function* (text: string) {
  const all = yield* channelOverviews()
  const byId = all.filter(({ id, telegramId }) => id === text || String(telegramId) === text)
  return byId.length > 0 ? byId : all.filter(({ title }) => title.toLowerCase() === text.toLowerCase())
})

/** The one channel of that name. Fails with `ChannelNotFound`. */
export const oneChannel = Effect.fn("oneChannel")(function* (text: string) {
  const found = yield* channelsCalled(text)
  const [only] = found
  if (only === undefined || found.length > 1) return yield* new ChannelNotFound({ wanted: text, found: found.length })
  return only
})
