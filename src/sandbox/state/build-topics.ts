import { GENERAL_TOPIC, type WorldTopic } from "../world-channel.ts"
import type { Channel } from "./channel.ts"
import { stableId } from "./identifiers.ts"
import { GENERAL_TOPIC_ID } from "./topics.ts"

/** The colours that Telegram allows for the icon of a topic (core.telegram.org/api/forum#forum-topics). */
const ICON_COLORS = [0x6fb9f0, 0xffd67e, 0xcb86db, 0x8eee98, 0xff93b2, 0xfb6f5f] as const

/** Posts the service messages that make the topics of a world; returns the id of each by name. */
export const addTopics = (channel: Channel, topics: readonly WorldTopic[]): ReadonlyMap<string, number> => {
  const ids = new Map<string, number>()
  for (const topic of topics) {
    if (topic.name === GENERAL_TOPIC) continue
    const color = Number(stableId("topic", topic.name) % BigInt(ICON_COLORS.length))
    const { id } = channel.append({
      date: channel.properties.created,
      text: "",
      from: channel.message(1)?.from,
      randomId: undefined,
      albumId: undefined,
      file: undefined,
      entities: [],
      isCreation: false,
      action: { _: "messageActionTopicCreate", title: topic.title ?? topic.name, iconColor: ICON_COLORS[color] } as {
        readonly _: string
      },
    })
    ids.set(topic.name, id)
  }
  return ids
}

/** Closes and hides the topics of a world that are said to be. */
export const closeTopics = (
  channel: Channel,
  topics: readonly WorldTopic[],
  ids: ReadonlyMap<string, number>,
): void => {
  for (const { name, title, closed, hidden } of topics) {
    const isGeneral = name === GENERAL_TOPIC
    channel.topics.change(isGeneral ? GENERAL_TOPIC_ID : (ids.get(name) ?? 0), {
      isClosed: closed === true || hidden === true,
      isHidden: hidden === true,
      ...(isGeneral && title !== undefined ? { title } : {}),
    })
  }
}
