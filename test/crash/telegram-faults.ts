import type { FaultEffect } from "../../src/sandbox/faults/fault-rule.ts"

/** A kind of trouble at Telegram, and the calls that it is tried with. */
export interface TelegramFault {
  readonly name: string
  readonly methods: ReadonlyArray<string>
  readonly effectOf: (number: number) => FaultEffect
  /** Without more, TDLib would wait for minutes, or for ever. */
  readonly needsBlow?: true
}

const sending = ["messages.sendMedia", "upload.saveFilePart"]
const reading = ["upload.getFile", "messages.search", "messages.getHistory", "updates.getChannelDifference"]
const calls = [...sending, "messages.sendMedia", ...reading, "channels.deleteMessages"]

/**
 * `number`, in [0, 1), chooses among the shapes of one kind. Wrong bytes in a download are not among them: TDLib checks no
 * digest of what it downloads for the first time, so the worker publishes them, once, as the content that they are.
 */
export const telegramFaults: ReadonlyArray<TelegramFault> = [
  { name: "answer lost", methods: calls, effectOf: () => ({ loseAnswer: true }) },
  { name: "dropped before", methods: calls, effectOf: () => ({ drop: "before" }) },
  { name: "dropped after", methods: calls, effectOf: () => ({ drop: "after" }) },
  { name: "silence", methods: calls, effectOf: () => ({ silence: true }), needsBlow: true },
  { name: "delay", methods: calls, effectOf: (number) => ({ delay: 200 + Math.floor(number * 3000) }) },
  { name: "half-open", methods: calls, effectOf: (number) => ({ halfOpen: 500 + Math.floor(number * 3000) }) },
  { name: "server restart", methods: calls, effectOf: (number) => ({ restart: Math.floor(number * 2000) }) },
  { name: "server error", methods: sending, effectOf: () => ({ error: { code: 500, text: "INTERNAL" } }) },
  {
    name: "part missing",
    methods: ["messages.sendMedia"],
    effectOf: () => ({ error: { code: 400, text: "FILE_PART_0_MISSING" } }),
  },
  {
    name: "refused",
    methods: ["messages.sendMedia"],
    effectOf: () => ({ error: { code: 400, text: "MEDIA_INVALID" } }),
  },
  {
    name: "flood wait",
    methods: [...sending, "upload.getFile", "messages.search"],
    effectOf: (number) => ({ error: { code: 420, text: `FLOOD_WAIT_${1 + Math.floor(number * 3)}` } }),
  },
  {
    name: "long flood wait",
    methods: [...sending, "upload.getFile", "messages.search"],
    effectOf: (number) => ({ error: { code: 420, text: `FLOOD_WAIT_${61 + Math.floor(number * 600)}` } }),
  },
]
