import { describe, expect, it } from "vitest"
import { askedToWait } from "./flood-log.ts"

const lineOf = (verb: string, id: string, error: string) =>
  `[ 2][t 4][1795635886.928586006][NetQueryDelayer.cpp:111][#1][!NetQueryDelayer]\t${verb}: [Query:[id:2818049][tl:${id}]] [timeout:4][total_timeout:4] because of [Error : 420 : ${error}] from Session:1:download#0::Connect::TCP::Socks5 [127.0.0.1:1] --> [127.0.0.1:1] to DcId{1} from [127.0.0.1:2]\n`

describe("TDLib's log", () => {
  it("tells of waits that TDLib sits out by itself, and of those it gives up for", () => {
    expect(askedToWait(lineOf("Delay", "0xbe5335be", "FLOOD_WAIT_4"))).toEqual({
      kind: "downloads",
      cause: "flood",
      seconds: 4,
    })
    expect(askedToWait(lineOf("Failed", "0x725afbbc", "FLOOD_WAIT_700"))).toMatchObject({
      kind: "usernames",
      seconds: 700,
    })
  })

  it("tells of transfers that are too fast for an account without Premium", () => {
    expect(askedToWait(lineOf("Delay", "0xde7b673d", "FLOOD_PREMIUM_WAIT_3"))).toEqual({
      kind: "uploads",
      cause: "throttled",
      seconds: 3,
    })
  })

  it("is read no further than that", () => {
    expect(askedToWait(lineOf("Delay", "0xbe5335be", "CONNECTION_NOT_INITED"))).toBeUndefined()
    expect(
      askedToWait("Failed to Download file 1(0) of type Document: [Error : 429 : retry after 700]"),
    ).toBeUndefined()
  })
})
