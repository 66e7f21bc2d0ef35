import { statSync } from "node:fs"
import { resolve } from "node:path"
import {
  filePathsOf,
  type MessageReference,
  repetitionsOf,
  type SingleMessage,
  type WorldMessage,
} from "./world-message.ts"

const first = (message: WorldMessage): SingleMessage => [...repetitionsOf({ ...message, repeat: 1 })][0] ?? message

/** What a message may refer to. */
export interface Surroundings {
  /** What file paths are relative to. */
  readonly directory: string
  readonly isAccount: (phone: string) => boolean
  /** Whether a channel that the message can forward from has such a message; undefined when there is no such channel. */
  readonly hasMessage: (channel: string | undefined, reference: MessageReference) => boolean | undefined
}

const isReadableFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true

/** What is wrong with a message that has the right shape, as far as its surroundings are concerned. path: "" or ending in a dot. */
export const problemsOfReferences = (
  message: SingleMessage,
  path: string,
  { directory, isAccount, hasMessage }: Surroundings,
): readonly string[] => {
  const problems: string[] = []
  const { from, service, replyTo, forward } = message
  const phones = [
    ["from", from] as const,
    ["service.joined", service !== undefined && "joined" in service ? service.joined : undefined] as const,
    ["service.left", service !== undefined && "left" in service ? service.left : undefined] as const,
  ]
  for (const [field, phone] of phones) {
    if (phone !== undefined && !isAccount(phone)) {
      problems.push(`${path}${field}: Expected the phone of an account, found ${phone}`)
    }
  }
  const pinned = service !== undefined && "pinned" in service ? service.pinned : undefined
  for (const [field, reference] of [["replyTo", replyTo] as const, ["service.pinned", pinned] as const]) {
    if (reference !== undefined && hasMessage(undefined, reference) !== true) {
      problems.push(`${path}${field}: Expected the label or number of an earlier message, found ${reference}`)
    }
  }
  if (forward !== undefined) {
    const isThere = hasMessage(forward.channel, forward.message)
    if (isThere === undefined) {
      problems.push(`${path}forward.channel: Expected the name of this or an earlier channel, found ${forward.channel}`)
    } else if (!isThere) {
      problems.push(`${path}forward.message: Expected the label or number of a message, found ${forward.message}`)
    }
  }
  for (const [field, file] of filePathsOf(message)) {
    if (!isReadableFile(resolve(directory, file))) {
      problems.push(`${path}${field}: Expected a file at ${resolve(directory, file)}`)
    }
  }
  return problems
}

/** The labels of the messages that an entry stands for. */
const labelsOf = ({ label, repeat }: WorldMessage): readonly string[] => {
  if (label === undefined) return []
  return repeat === undefined
    ? [label]
    : Array.from({ length: repeat }, (_, n) => label.replaceAll("{n}", String(n + 1)))
}

/** Which messages the channels of a world have, so far as they were looked at. */
class KnownMessages {
  readonly #labels = new Set<string>()
  #count = 0

  /** Returns the labels that an earlier message has. */
  add(message: WorldMessage): readonly string[] {
    this.#count++
    const labels = labelsOf(message)
    const again = labels.filter((label) => this.#labels.has(label) || labels[0] === labels[1])
    for (const label of labels) this.#labels.add(label)
    return again
  }

  has(reference: MessageReference): boolean {
    return typeof reference === "string" ? this.#labels.has(reference) : reference >= 0 && reference < this.#count
  }
}

/**
 * What is wrong with the messages of a world's channels. A message may refer to those before it, in its own channel and in
 * those before; other tells whether a channel beyond these has a message, undefined when there is no such channel.
 */
export const problemsOfMessages = (
  channels: readonly { readonly name: string; readonly path: string; readonly messages: readonly WorldMessage[] }[],
  surroundings: Omit<Surroundings, "hasMessage">,
  other: Surroundings["hasMessage"] = () => undefined,
): readonly string[] => {
  const known = new Map<string, KnownMessages>()
  return channels.flatMap(({ name, path, messages }) => {
    const own = new KnownMessages()
    known.set(name, own)
    const hasMessage: Surroundings["hasMessage"] = (channel = name, reference) => {
      if (!known.has(channel)) return other(channel, reference)
      // Messages of another channel are known by their labels alone.
      return (channel === name || typeof reference === "string") && known.get(channel)?.has(reference)
    }
    return messages.flatMap((message, index) => {
      const at = `${path}messages[${index}].`
      // The first of a repeated message refers as all of them do, but for labels with numbers.
      const problems = problemsOfReferences(first(message), at, { ...surroundings, hasMessage })
      const again = own.add(message)
      return [
        ...problems,
        ...again.slice(0, 1).map((label) => `${at}label: Expected a value of its own, found ${label} again`),
      ]
    })
  })
}
