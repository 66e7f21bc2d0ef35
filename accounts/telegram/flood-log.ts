import { kindOfQuery } from "./call-kind.ts"

/** Telegram has asked to wait: not to do a kind of call at all, or, of transfers, to do it slower. */
export interface AskedToWait {
  readonly kind: string
  readonly cause: "flood" | "throttled"
  readonly seconds: number
}

/**
 * TDLib's own waits, and the reason why it stopped a transfer, are told nowhere but in its log, as warnings of its
 * NetQueryDelayer ("Delay" when it waits itself, "Failed" when the wait is longer than a minute):
 * `Delay: [Query:[id:2818049][tl:0xbe5335be]] [timeout:4][total_timeout:4] because of [Error : 420 : FLOOD_WAIT_4] from ...`
 */
const line =
  /(?:Delay|Failed): \[Query:\[id:\d+\]\[tl:0x([0-9a-f]{1,8})\]\].* because of \[Error : 420 : (FLOOD_WAIT|FLOOD_PREMIUM_WAIT|SLOWMODE_WAIT)_(\d{1,9})\]/

/** What a line of TDLib's log says of waiting; undefined for every other line. */
export const askedToWait = (text: string): AskedToWait | undefined => {
  const found = line.exec(text)
  if (found === null) return undefined
  const [, id = "", word, seconds] = found
  return {
    kind: kindOfQuery(Number.parseInt(id, 16)),
    cause: word === "FLOOD_PREMIUM_WAIT" ? "throttled" : "flood",
    seconds: Number(seconds),
  }
}
