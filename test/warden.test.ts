import { fork } from "node:child_process"
import { once } from "node:events"
import { assert, describe, it } from "vitest"
import { CHANNEL_VERSION } from "../src/channel/channel-version.ts"

/** Starts a warden, sends it these messages, and waits for its end; answers with what it said. */
const tellWarden = async (messages: ReadonlyArray<unknown>): Promise<ReadonlyArray<unknown>> => {
  const warden = fork(new URL("../accounts/warden.ts", import.meta.url), [], {
    execArgv: [],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  })
  const said: Array<unknown> = []
  warden.on("message", (message) => said.push(message))
  try {
    for (const message of messages) warden.send(message as object)
    await once(warden, "close")
    return said
  } finally {
    warden.kill("SIGKILL")
  }
}

describe("the warden of a cell", () => {
  it("says what is no message, and obeys the next one all the same", { timeout: 60_000 }, async () => {
    const said = await tellWarden([
      { stream: "warden", body: { _tag: "Start", version: "one" } },
      { stream: "news", body: 1 },
      { stream: "warden", body: { _tag: "Close" } },
    ])
    assert.containSubset(said, [
      { stream: "log", body: { fields: { event: "channel.malformed", stream: "warden" } } },
      { stream: "log", body: { fields: { event: "channel.malformed", stream: "?" } } },
      { stream: "warden", body: { _tag: "Ended", reason: { _tag: "Closed" } } },
    ])
  })

  it("refuses a supervisor of another version", { timeout: 60_000 }, async () => {
    const version = CHANNEL_VERSION + 1
    const said = await tellWarden([{ stream: "warden", body: { _tag: "Start", version, config: {} } }])
    const reason = { _tag: "Outdated", supervisor: version, cell: CHANNEL_VERSION }
    assert.deepStrictEqual(said, [{ stream: "warden", body: { _tag: "Ended", reason } }])
  })
})
