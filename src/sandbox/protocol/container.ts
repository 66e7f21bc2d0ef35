import { ProtocolViolation } from "./protocol-violation.ts"
import { TlReader } from "./tl-reader.ts"
import { MESSAGE_CONTAINER_ID } from "./tl-schema.ts"

/** core.telegram.org/mtproto/service_messages#simple-container: at most this many messages. */
const MAX_MESSAGES = 1020

/** A message as it lies in a container. */
export interface ContainedMessage {
  readonly id: bigint
  readonly sequence: number
  readonly body: Buffer
}

export const isContainer = (body: Buffer): boolean => body.length >= 4 && body.readUInt32LE(0) === MESSAGE_CONTAINER_ID

const refuse = (why: string): never => {
  throw new ProtocolViolation("container", why)
}

/** The lowest identifier in a container, its own or that of a message; its own when it is none. */
export const lowestIdIn = (containerId: bigint, body: Buffer): bigint => {
  try {
    const ids = readContainer(containerId, body).map(({ id }) => id)
    return ids.toSorted((a, b) => (a < b ? -1 : 1))[0] ?? containerId
  } catch {
    return containerId
  }
}

/**
 * The messages of a container. Every identifier is lower than the container's own, no message is a container, lengths
 * are whole words and add up (core.telegram.org/mtproto/description#message-identifier-msg-id). Throws ProtocolViolation.
 */
export const readContainer = (containerId: bigint, body: Buffer): readonly ContainedMessage[] => {
  const reader = new TlReader(body, 4)
  const count = reader.unsigned()
  if (count > MAX_MESSAGES) refuse(`a container of ${count} messages`)
  const messages = Array.from({ length: count }, () => {
    const id = reader.long()
    const sequence = reader.int()
    const length = reader.unsigned()
    if (length % 4 !== 0 || length === 0) refuse(`a contained message of ${length} bytes`)
    if (id >= containerId) refuse("a contained message has an identifier that is not below its container's")
    const message = { id, sequence, body: reader.raw(length) }
    if (isContainer(message.body)) refuse("a container lies in a container")
    return message
  })
  if (reader.remaining !== 0) refuse(`${reader.remaining} bytes follow the messages of a container`)
  return messages
}
