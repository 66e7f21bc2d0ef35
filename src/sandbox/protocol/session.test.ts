import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Sandbox, startSandbox, type World } from "../sandbox.ts"
import { answers, containerOf, MtprotoClient } from "../testing/mtproto-client.ts"
import type { ProtocolMessage, TlObject } from "./tl-types.ts"
import { encode } from "./tl-writer.ts"

const ALICE = "15550001"

const world: World = {
  accounts: [{ phone: ALICE, firstName: "Alice", code: "12345" }],
  channels: [
    {
      name: "source",
      kind: "channel",
      members: [ALICE],
      messages: [{ generate: { bytes: 65_536, seed: 1 }, name: "dragon.zip" }],
    },
  ],
}

let sandbox: Sandbox
let client: MtprotoClient

beforeAll(async () => {
  sandbox = await startSandbox({ world })
  client = await MtprotoClient.connect(sandbox.endpoint)
})
afterAll(() => sandbox.close())

const nearestDc = encode({ _: "help.getNearestDc" })
const ping = (pingId: bigint): Buffer => encode({ _: "mt_ping", pingId } as ProtocolMessage)
const service = (message: ProtocolMessage): ProtocolMessage => message

/** A session of its own on the same key. */
const newSession = (): Promise<MtprotoClient> => MtprotoClient.connect(sandbox.endpoint, client.key)

const seconds = (messageId: bigint, change: number): bigint => messageId + (BigInt(change) << 32n)

/** The error code with which a message is refused, and the kind of violation that is counted. */
const refusal = async (session: MtprotoClient, messageId: bigint) => {
  const { object } = await session.message((message) => "badMsgId" in message.object && answers(message, messageId))
  return { name: object._, code: "errorCode" in object ? object.errorCode : undefined }
}

describe("A message that breaks the rules", () => {
  const cases: readonly (readonly [string, number, string, (session: MtprotoClient) => bigint])[] = [
    [
      "an identifier from ten minutes ago",
      16,
      "message-id",
      (s) => s.send({ body: nearestDc, messageId: seconds(s.nextMessageId(), -600) }),
    ],
    [
      "an identifier from the future",
      17,
      "message-id",
      (s) => s.send({ body: nearestDc, messageId: seconds(s.nextMessageId(), 60) }),
    ],
    [
      "an identifier that is not divisible by four",
      18,
      "message-id",
      (s) => s.send({ body: nearestDc, messageId: s.nextMessageId() + 1n }),
    ],
    [
      "a container with the identifier of an earlier message",
      19,
      "message-id",
      (s) => {
        const inside = s.nextMessageId()
        const messageId = s.send({ body: ping(1n), sequence: 0 })
        const body = containerOf([{ messageId: inside, sequence: 0, body: ping(2n) }])
        return s.send({ body, messageId, sequence: 0 })
      },
    ],
    [
      "a sequence number below that of an earlier identifier",
      32,
      "sequence-number",
      (s) => {
        s.send({ body: nearestDc, sequence: 5 })
        return s.send({ body: nearestDc, sequence: 3 })
      },
    ],
    [
      "a sequence number above that of a later identifier",
      33,
      "sequence-number",
      (s) => {
        const earlier = s.nextMessageId()
        s.send({ body: nearestDc, sequence: 1 })
        return s.send({ body: nearestDc, messageId: earlier, sequence: 3 })
      },
    ],
    [
      "an odd sequence number on a container",
      34,
      "sequence-number",
      (s) => {
        const inside = { messageId: s.nextMessageId(), sequence: 0, body: ping(1n) }
        return s.send({ body: containerOf([inside]), sequence: 1 })
      },
    ],
    ["an even sequence number on a call", 35, "sequence-number", (s) => s.send({ body: nearestDc, sequence: 2 })],
    [
      "a container with an identifier below that of its message",
      64,
      "container",
      (s) => {
        const messageId = s.nextMessageId()
        const body = containerOf([{ messageId: s.nextMessageId(), sequence: 1, body: nearestDc }])
        return s.send({ body, messageId, sequence: 2 })
      },
    ],
    [
      "a container in a container",
      64,
      "container",
      (s) => s.send({ body: containerOf([{ messageId: s.nextMessageId(), sequence: 0, body: containerOf([]) }]) }),
    ],
    [
      "a container of more than 1020 messages",
      64,
      "container",
      (s) => {
        const one = (pingId: number) => ({ messageId: s.nextMessageId(), sequence: 0, body: ping(BigInt(pingId)) })
        return s.send({ body: containerOf(Array.from({ length: 1021 }, (_, index) => one(index))), sequence: 0 })
      },
    ],
  ]

  it.each(cases)("is refused for %s with %i and counted", async (_, code, kind, send) => {
    using session = await newSession()
    const before = sandbox.counters().violationKinds[kind] ?? 0
    expect(await refusal(session, send(session))).toEqual({ name: "mt_bad_msg_notification", code })
    expect(sandbox.counters().violationKinds[kind]).toBe(before + 1)
    expect(await session.ask({ _: "mt_ping", pingId: 9n } as TlObject, { sequence: 100 })).toMatchObject({ pingId: 9n })
  })

  it("is told the right salt when its own is wrong, which is no violation", async () => {
    using session = await newSession()
    const { violations, saltsRefused } = sandbox.counters()
    const answer = await session.ask({ _: "help.getNearestDc" }, { salt: 5n })
    expect(answer).toMatchObject({ _: "mt_bad_server_salt", errorCode: 48 })
    const salt = "newServerSalt" in answer ? BigInt(answer.newServerSalt as bigint) : 0n
    expect(await session.ask({ _: "help.getNearestDc" }, { salt })).toMatchObject({ _: "nearestDc" })
    expect(sandbox.counters()).toMatchObject({ violations, saltsRefused: saltsRefused + 1 })
  })
})

describe("A session", () => {
  it("tells as many future salts as are asked for, each in force when the one before ends its period", async () => {
    using session = await newSession()
    const answer = (await session.ask(service({ _: "mt_get_future_salts", num: 5 }))) as ProtocolMessage
    if (answer._ !== "mt_future_salts") throw new Error(answer._)
    expect(answer.salts).toHaveLength(5)
    expect(new Set(answer.salts.map(({ salt }) => salt)).size).toBe(5)
    const [first, second] = answer.salts
    expect(second?.validSince).toBe((first?.validSince ?? 0) + 1800)
    expect(first?.validUntil).toBe((second?.validSince ?? 0) + 1800)
    expect(await session.ask({ _: "help.getNearestDc" }, { salt: first?.salt ?? 0n })).toMatchObject({ _: "nearestDc" })
  })

  it("begins with the first message of its first container, of which the client must send none again", async () => {
    using session = await newSession()
    const [first, second] = [session.nextMessageId(), session.nextMessageId()]
    const body = containerOf([
      { messageId: second, sequence: 2, body: ping(2n) },
      { messageId: first, sequence: 0, body: ping(1n) },
    ])
    session.send({ body, sequence: 2 })
    const { object } = await session.message((message) => message.object._ === "mt_new_session_created")
    expect(object).toMatchObject({ firstMsgId: first })
  })

  it("answers a repeated call with the same message and does not run it again", async () => {
    using session = await newSession()
    const calls = () => sandbox.counters().accounts[""]?.["help.getNearestDc"]?.calls ?? 0
    const before = calls()
    const messageId = session.send({ body: nearestDc, sequence: 1 })
    const first = await session.message((message) => answers(message, messageId))
    session.send({ body: nearestDc, messageId, sequence: 1 })
    await session.ask({ _: "mt_ping", pingId: 1n } as TlObject)
    const all = session.received.filter((message) => answers(message, messageId))
    expect(all.map((message) => message.messageId)).toEqual([first.messageId, first.messageId])
    expect(calls()).toBe(before + 1)
  })

  it("tells the state of messages as the documents define it", async () => {
    using session = await newSession()
    const between = session.nextMessageId()
    const early = seconds(between, -10)
    const unknown = session.nextMessageId()
    const messageId = session.send({ body: nearestDc, sequence: 1 })
    await session.message((message) => answers(message, messageId))
    const msgIds = [early, unknown, messageId, seconds(messageId, 10)]
    const answer = await session.ask(service({ _: "mt_msgs_state_req", msgIds }), { sequence: 2 })
    expect(answer).toMatchObject({ _: "mt_msgs_state_info", info: Buffer.of(2, 2, 4 + 32 + 64, 3) })
  })

  it("sends an answer again when asked for it, and the states when it has none", async () => {
    using session = await newSession()
    const messageId = session.send({ body: nearestDc, sequence: 1 })
    const first = await session.message((message) => answers(message, messageId))
    session.send({ body: encode(service({ _: "mt_msg_resend_req", msgIds: [first.messageId] })), sequence: 2 })
    const request = service({ _: "mt_msg_resend_req", msgIds: [first.messageId + 4n] })
    expect(await session.ask(request, { sequence: 2 })).toMatchObject({ _: "mt_msgs_state_info" })
    expect(session.received.filter((message) => answers(message, messageId))).toHaveLength(2)
  })

  it("drops an answer that nobody wants any more", async () => {
    using session = await newSession()
    const messageId = session.send({ body: nearestDc })
    await session.message((message) => answers(message, messageId))
    const drop = service({ _: "mt_rpc_drop_answer", reqMsgId: messageId })
    expect(await session.ask(drop)).toMatchObject({ _: "mt_rpc_answer_dropped" })
    expect(await session.ask(drop)).toMatchObject({ _: "mt_rpc_answer_unknown" })
  })

  it("invokes a call after another one that comes later, and not at all when that one fails", async () => {
    using session = await newSession()
    const after = (msgId: bigint) =>
      encode({ _: "invokeAfterMsg", msgId, query: { _: "help.getNearestDc" } } as TlObject)
    await session.ask({ _: "help.getNearestDc" })
    const [good, bad, afterGood, afterBad] = Array.from({ length: 4 }, () => session.nextMessageId())
    if (good === undefined || bad === undefined || afterGood === undefined || afterBad === undefined) throw new Error()
    session.send({ body: after(good), messageId: afterGood, sequence: 7 })
    session.send({ body: after(bad), messageId: afterBad, sequence: 9 })
    session.send({ body: encode({ _: "help.getNearestDc" }), messageId: good, sequence: 3 })
    session.send({
      body: encode({ _: "updates.getDifference", pts: 1, date: 0, qts: 0 } as TlObject),
      messageId: bad,
      sequence: 5,
    })
    const [first, failed] = await Promise.all(
      [afterGood, afterBad].map((id) => session.message((message) => answers(message, id))),
    )
    expect(first?.object).toMatchObject({ _: "nearestDc" })
    expect(failed?.object).toMatchObject({ _: "mt_rpc_error", errorCode: 400, errorMessage: "MSG_WAIT_FAILED" })
    const order = session.received.flatMap(({ queryId }) => queryId ?? [])
    expect(order.indexOf(good)).toBeLessThan(order.indexOf(afterGood))
  })

  it("destroys another session of its key, and says when there is none", async () => {
    using session = await newSession()
    using other = await newSession()
    await other.ask({ _: "help.getNearestDc" })
    const destroy = service({ _: "mt_destroy_session", sessionId: other.sessionId })
    const sent = (name: string) => session.message(({ object }) => object._ === name)
    session.send({ body: encode(destroy) })
    await sent("mt_destroy_session_ok")
    session.send({ body: encode(destroy) })
    await sent("mt_destroy_session_none")
  })

  it("is disconnected after the delay that its last ping gave", async () => {
    using session = await newSession()
    session.send({ body: encode(service({ _: "mt_ping_delay_disconnect", pingId: 1n, disconnectDelay: 0 })) })
    await session.closed
    expect(session.received.map(({ object }) => object._)).toContain("mt_pong")
  })

  it("hears of a large answer by its size when it repeats the call", async () => {
    using session = await newSession()
    await session.ask({
      _: "auth.sendCode",
      phoneNumber: ALICE,
      apiId: 1,
      apiHash: "",
      settings: { _: "codeSettings" },
    } as TlObject)
    await session.ask({
      _: "auth.signIn",
      phoneNumber: ALICE,
      phoneCode: "12345",
      phoneCodeHash: await codeHash(session),
    } as TlObject)
    const { messages } = (await session.ask({
      _: "messages.search",
      peer: await sourcePeer(session),
      q: "",
      filter: { _: "inputMessagesFilterDocument" },
      minDate: 0,
      maxDate: 0,
      offsetId: 0,
      addOffset: 0,
      limit: 1,
      maxId: 0,
      minId: 0,
      hash: 0n,
    } as TlObject)) as unknown as { messages: readonly { media: { document: Record<string, unknown> } }[] }
    const { id, accessHash, fileReference } = messages[0]?.media.document ?? {}
    const location = { _: "inputDocumentFileLocation", id, accessHash, fileReference, thumbSize: "" }
    const body = encode({ _: "upload.getFile", location, offset: 0, limit: 65_536 } as TlObject)
    const sequence = session.nextSequence(true)
    const messageId = session.send({ body, sequence })
    const first = await session.message((message) => answers(message, messageId))
    session.send({ body, messageId, sequence })
    const { object } = await session.message((message) => message.object._ === "mt_msg_detailed_info")
    expect(object).toMatchObject({ msgId: messageId, answerMsgId: first.messageId })

    // The answer was not held; it is made anew.
    const heard = session.received.length
    session.send({ body: encode(service({ _: "mt_msg_resend_req", msgIds: [first.messageId] })) })
    await session.message((message) => session.received.indexOf(message) >= heard && answers(message, messageId))
    const again = session.received.filter((message) => answers(message, messageId))
    expect(again.map(({ messageId: id }) => id)).toEqual([first.messageId, first.messageId])
    expect(again[1]?.object).toEqual(first.object)
  })
})

const codeHash = async (session: MtprotoClient): Promise<string> => {
  const answer = await session.ask({
    _: "auth.sendCode",
    phoneNumber: ALICE,
    apiId: 1,
    apiHash: "",
    settings: { _: "codeSettings" },
  } as TlObject)
  return "phoneCodeHash" in answer ? String(answer.phoneCodeHash) : ""
}

const sourcePeer = async (session: MtprotoClient): Promise<TlObject> => {
  const { chats } = (await session.ask({
    _: "messages.getDialogs",
    offsetDate: 0,
    offsetId: 0,
    offsetPeer: { _: "inputPeerEmpty" },
    limit: 10,
    hash: 0n,
  } as TlObject)) as unknown as { chats: readonly { id: number; accessHash: bigint }[] }
  return { _: "inputPeerChannel", channelId: chats[0]?.id, accessHash: chats[0]?.accessHash } as TlObject
}
