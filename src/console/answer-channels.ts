import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { channelLinks, channelOverviews } from "../../db/channel-overview.ts"
import { Database } from "../../db/database.ts"
import { retrySkipped } from "../../db/skipped.ts"
import { stateOf } from "../operator/channel-state.ts"
import { readersOf, rescanSource } from "../operator/rescan-source.ts"
import { acted, answered } from "./answered.ts"
import { ConsoleApi } from "./api.ts"
import { NotThere, Refused } from "./api-errors.ts"

const channels = Effect.gen(function* () {
  const links = yield* channelLinks()
  return (yield* channelOverviews()).map((channel) => {
    const own = links.filter(({ channelId }) => channelId === channel.id)
    const scans = own.flatMap(({ scannedAt }) => (scannedAt === null ? [] : [scannedAt.getTime()]))
    return {
      id: channel.id,
      chatId: channel.telegramId,
      title: channel.title,
      role: channel.type === "SOURCE" ? ("source" as const) : ("destination" as const),
      state: stateOf(channel, own),
      category: channel.category,
      sets: channel.sets,
      unsettledSets: channel.unsettled,
      readers: own.flatMap(({ account, role }) => (role === "READER" ? [account] : [])),
      scannedAt: scans.length === 0 ? null : new Date(Math.max(...scans)),
    }
  })
})

const rescan = Effect.fn("rescan")(function* (channelId: string, from: number | null) {
  const channel = (yield* channelOverviews()).find(({ id }) => id === channelId)
  if (channel === undefined) return yield* new NotThere({ message: "there is no such channel any more" })
  const readers = yield* readersOf(channelId)
  if (readers.length === 0) return yield* new Refused({ message: `no account reads ${channel.title}` })
  yield* rescanSource(channelId, readers, from)
  return { what: `${readers.map(({ account }) => account).join(", ")} looks through ${channel.title} anew.` }
})

const retry = Effect.fn("retry")(function* (ids: ReadonlyArray<string>) {
  const count = yield* retrySkipped(ids)
  if (count === 0) return yield* new NotThere({ message: "none of these sets is skipped any more" })
  return { what: count === 1 ? "The set is tried again now." : `${count} sets are tried again now.` }
})

const layerChannels = HttpApiBuilder.group(
  ConsoleApi,
  "channels",
  Effect.fnUntraced(function* (handlers) {
    const database = yield* Database
    return handlers
      .handle("list", () => answered(database, channels))
      .handle("rescan", ({ params: { channelId }, payload: { from } }) =>
        acted(database, "rescan", { channel: channelId, from }, rescan(channelId, from)),
      )
  }),
)

const layerSkipped = HttpApiBuilder.group(
  ConsoleApi,
  "skipped",
  Effect.fnUntraced(function* (handlers) {
    const database = yield* Database
    return handlers.handle("retry", ({ payload: { ids } }) =>
      acted(database, "retry skipped sets", { ids }, retry(ids)),
    )
  }),
)

export const channelLayers = [layerChannels, layerSkipped] as const
