import type { TlObject } from "../protocol/tl-types.ts"

const URL_PATTERN = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]}']/gi

interface Span {
  readonly offset: number
  readonly length: number
}

const hasSpan = (entity: TlObject): entity is TlObject & Span => "offset" in entity && "length" in entity

/**
 * The entities of a text with those of its web addresses, which Telegram's server finds of itself
 * (core.telegram.org/api/entities). Offsets count UTF-16 units, as strings here do.
 */
export const withUrlEntities = (text: string, entities: readonly TlObject[]): readonly TlObject[] => {
  if (!text.includes("://")) return entities
  const isTaken = (start: number, end: number): boolean =>
    entities.some((entity) => hasSpan(entity) && entity.offset < end && entity.offset + entity.length > start)
  const urls = [...text.matchAll(URL_PATTERN)].flatMap(({ 0: url, index: offset }) =>
    isTaken(offset, offset + url.length) ? [] : [{ _: "messageEntityUrl", offset, length: url.length }],
  )
  return urls.length === 0 ? entities : [...entities, ...urls]
}
