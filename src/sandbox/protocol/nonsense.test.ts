import { connect } from "node:net"
import { join } from "node:path"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { gzipSync } from "node:zlib"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Sandbox, startSandbox } from "../sandbox.ts"
import { arbitraryRequest } from "../testing/arbitrary-request.ts"
import { containerOf, MtprotoClient } from "../testing/mtproto-client.ts"
import { TdlibProcess } from "../testing/tdlib-process.ts"
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary-directory.ts"
import { ProtocolViolation } from "./protocol-violation.ts"
import { TlReader } from "./tl-reader.ts"
import { GZIP_PACKED_ID, VECTOR_ID } from "./tl-schema.ts"
import type { TlObject } from "./tl-types.ts"
import { encode, TlWriter } from "./tl-writer.ts"
import { Transport } from "./transport.ts"

const ALICE = "15550001"
const MALLORY = "15550002"

/** Ten thousand inputs in all. */
const RUNS = { connections: 1000, streams: 2000, bodies: 4000, frames: 1000, calls: 2000 } as const
/** The same inputs every time. */
const SEED = 20_260_101

const world = {
  accounts: [
    { phone: ALICE, firstName: "Alice", code: "12345" },
    { phone: MALLORY, firstName: "Mallory", code: "12345" },
  ],
  channels: [{ name: "club", kind: "supergroup", members: [ALICE, MALLORY], messages: [{ text: "a word" }] }],
} as const

let directory: TemporaryDirectory
let sandbox: Sandbox
let alice: TdlibProcess
let mallory: MtprotoClient
let channel: { readonly channelId: number; readonly accessHash: bigint }

beforeAll(async () => {
  directory = await temporaryDirectory()
  sandbox = await startSandbox({ world })
  alice = new TdlibProcess({ ...sandbox.endpoint, directory: join(directory.path, "tdlib") })
  await alice.logIn(ALICE, "12345")
  await alice.loadAllChats()
  mallory = await MtprotoClient.connect(sandbox.endpoint)
  await logIn(mallory)
  const getDialogs = { offsetDate: 0, offsetId: 0, offsetPeer: { _: "inputPeerEmpty" }, limit: 10, hash: 0n }
  const dialogs = (await mallory.ask({ _: "messages.getDialogs", ...getDialogs } as TlObject)) as unknown
  const { id, accessHash } = (dialogs as { chats: readonly [{ id: number; accessHash: bigint }] }).chats[0]
  channel = { channelId: id, accessHash }
})
afterAll(async () => {
  await alice.close()
  mallory[Symbol.dispose]()
  await sandbox.close()
  await directory[Symbol.asyncDispose]()
})

const logIn = async (client: MtprotoClient): Promise<void> => {
  const sendCode = { _: "auth.sendCode", phoneNumber: MALLORY, apiId: 1, apiHash: "", settings: { _: "codeSettings" } }
  const sent = await client.ask(sendCode as TlObject)
  const phoneCodeHash = "phoneCodeHash" in sent ? sent.phoneCodeHash : ""
  await client.ask({ _: "auth.signIn", phoneNumber: MALLORY, phoneCode: "12345", phoneCodeHash } as TlObject)
}

/** Sends bytes, ends the sending side, and resolves when the server has closed the connection. */
const sendBytes = (bytes: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect(sandbox.endpoint.port, "127.0.0.1", () => socket.end(bytes))
    socket.on("error", () => undefined)
    socket.on("close", () => resolve())
    socket.resume()
  })

setFlagsFromString("--expose-gc")
const collectGarbage: () => void = runInNewContext("gc")

const memory = (): number => {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const options = (numRuns: number) => ({ numRuns, seed: SEED, endOnFailure: true })

/** Some bytes of a message changed, and perhaps its end cut off. */
const mutated = (bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(bytes, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.option(fc.nat()))
    .map(([whole, changes, length]) => {
      const copy = Buffer.from(length === null ? whole : whole.subarray(0, length % (whole.length + 1)))
      for (const [index, value] of changes) if (copy.length > 0) copy.writeUInt8(value, index % copy.length)
      return copy
    })

/** Not those that end the login that the test needs. */
const isHarmless = (method: string): boolean => !/^auth\.|^account\.(deleteAccount|reset)/.test(method)

/** The families of methods that a server of channels and files knows most of. */
const isLikelyKnown = (method: string): boolean =>
  /^(channels|upload|updates|users)\.|^messages\.(send|upload|search|delete|edit|forward|check|import|export|getHis|getDia|getM)/.test(
    method,
  )

const call = fc
  .oneof(arbitraryRequest(isHarmless), { weight: 3, arbitrary: arbitraryRequest(isLikelyKnown) })
  .map((request) => encode(withRealPeers(request) as TlObject))

/** The same with every channel being the one that there is, so that more than the refusal of strangers is reached. */
const withRealPeers = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withRealPeers)
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value
  const changed = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withRealPeers(inner)]))
  const isChannel = "_" in value && (value._ === "inputPeerChannel" || value._ === "inputChannel")
  return isChannel ? { ...changed, ...channel } : changed
}

const written = (write: (writer: TlWriter) => void): Buffer => {
  const writer = new TlWriter()
  write(writer)
  return writer.done()
}

const packed = (body: Uint8Array): Buffer =>
  written((writer) => {
    writer.int(GZIP_PACKED_ID)
    writer.bytes(gzipSync(body))
  })

const bomb = packed(Buffer.alloc(64 * 2 ** 20))
const halfBomb = packed(Buffer.alloc(6 * 2 ** 20))
const nestedVectors = Buffer.concat(Array.from({ length: 50_000 }, () => Buffer.from("15c4b51c01000000", "hex")))
const hugeVector = written((writer) => {
  writer.int(VECTOR_ID)
  writer.int(1_500_000)
  for (let index = 0; index < 1_500_000; index++) writer.int(-1_720_552_011)
})
const nestedPacks = Array.from({ length: 40 }).reduce<Buffer>((inner) => packed(inner), encode({ _: "help.getConfig" }))

const hostile = fc.constantFrom(bomb, halfBomb, nestedVectors, hugeVector, packed(hugeVector), nestedPacks)

describe("A client that speaks nonsense", () => {
  it("is disconnected, counted, and disturbs nobody, in ten thousand ways", async () => {
    const before = { memory: memory(), violations: sandbox.counters().violations }

    const anything = fc.uint8Array({ maxLength: 400 })
    const socks = Buffer.from("050100050100017f0000010050", "hex")
    const tags = ["ef", "eeeeeeee", "dddddddd", ""].map((tag) => Buffer.from(tag, "hex"))
    const begun = fc.tuple(fc.constantFrom(socks, ...tags), anything).map((parts) => Buffer.concat(parts))
    await fc.assert(fc.asyncProperty(begun, sendBytes), options(RUNS.connections))

    const stream = fc.tuple(begun, fc.array(anything, { maxLength: 5 })).map(([start, more]) => [start, ...more])
    fc.assert(
      fc.property(stream, (pieces) => {
        const transport = new Transport({ write: () => undefined, frame: () => undefined })
        refusesOrAccepts(() => {
          for (const piece of pieces) transport.receive(Buffer.from(piece))
        })
        expect(transport.bufferedBytes).toBeLessThanOrEqual(2500)
      }),
      options(RUNS.streams),
    )

    const body = fc.oneof(mutated(call), anything.map(Buffer.from))
    fc.assert(
      fc.property(body, (bytes) => refusesOrAccepts(() => new TlReader(bytes).boxed())),
      options(RUNS.bodies),
    )

    const frame = fc.tuple(fc.oneof({ weight: 50, arbitrary: body }, { weight: 1, arbitrary: hostile }), fc.nat(4))
    await fc.assert(
      fc.asyncProperty(frame, async ([bytes, how]) => {
        using client = await reconnected()
        sendBadly(client, bytes, how)
        client.end()
        await client.closed
      }),
      options(RUNS.frames),
    )

    for (const bytes of [bomb, halfBomb, nestedVectors, hugeVector, packed(hugeVector), nestedPacks]) {
      using client = await reconnected()
      client.send({ body: bytes })
      client.end()
      await client.closed
    }

    using calling = await reconnected()
    await fc.assert(
      fc.asyncProperty(call, async (bytes) => {
        const messageId = calling.send({ body: bytes })
        await calling.message(({ queryId }) => queryId === messageId)
        calling.forget()
      }),
      options(RUNS.calls),
    )

    expect(sandbox.counters().defects).toEqual([])
    expect(sandbox.counters().violations).toBeGreaterThan(before.violations + RUNS.frames / 2)
    expect(memory() - before.memory).toBeLessThan(64 * 2 ** 20)
    const found = await alice.invoke({
      _: "searchChatMessages",
      chat_id: sandbox.state().channels[0]?.chatId ?? 0,
      query: "a word",
      from_message_id: 0,
      offset: 0,
      limit: 10,
      filter: { _: "searchMessagesFilterEmpty" },
    })
    expect(found.total_count).toBe(1)
    expect(alice.errorLines).toEqual([])
  })

  it("is disconnected when it says nothing for too long", async () => {
    await using impatient = await startSandbox({ world, limits: { silence: 50 } })
    const socket = connect(impatient.endpoint.port, "127.0.0.1")
    socket.on("error", () => undefined)
    await new Promise((resolve) => socket.resume().once("close", resolve))
    expect(impatient.counters().violationKinds).toEqual({ limit: 1 })
  })

  it("is disconnected when there are too many, or when too much of unfinished frames waits", async () => {
    await using narrow = await startSandbox({ world, limits: { connections: 2, bufferedBytes: 100_000 } })
    using first = await MtprotoClient.connect(narrow.endpoint)
    const unfinished = first.seal({ body: Buffer.alloc(200_000) }).subarray(0, 150_000)
    using second = await MtprotoClient.connect(narrow.endpoint, first.key)
    using third = await MtprotoClient.connect(narrow.endpoint, first.key)
    await third.closed
    expect(narrow.counters().violationKinds).toEqual({ limit: 1 })
    const length = Buffer.alloc(4)
    length.writeUInt32LE(200_000)
    second.sendRaw(Buffer.concat([length, unfinished]))
    await second.closed
    expect(narrow.counters().violationKinds).toEqual({ limit: 2 })
    expect(await first.ask({ _: "help.getNearestDc" })).toMatchObject({ _: "nearestDc" })
  })

  it("is not waited for when it announces a long frame under a key that nobody knows", async () => {
    const start = Buffer.concat([Buffer.from("eeeeeeee", "hex"), Buffer.from("00000800", "hex"), Buffer.alloc(16, 7)])
    const socket = connect(sandbox.endpoint.port, "127.0.0.1", () => socket.write(start))
    const answer = await new Promise<Buffer>((resolve) => socket.once("data", resolve))
    expect(answer.readInt32LE(4)).toBe(-404)
    socket.destroy()
  })
})

/** A new session on Mallory's key. */
const reconnected = (): Promise<MtprotoClient> => MtprotoClient.connect(sandbox.endpoint, mallory.key)

const sendBadly = (client: MtprotoClient, bytes: Buffer, how: number): void => {
  switch (how) {
    case 0:
      client.send({ body: bytes })
      return
    case 1:
      // The plaintext itself, with a right message key: lengths and identifiers are arbitrary.
      client.sendFrame(client.sealPlain(Buffer.concat([bytes, Buffer.alloc(64 + ((16 - (bytes.length % 16)) % 16))])))
      return
    case 2: {
      const inside = { messageId: client.nextMessageId(), sequence: client.nextSequence(true), body: bytes }
      client.send({ body: containerOf([inside, inside]), sequence: client.nextSequence(false) })
      return
    }
    case 3: {
      const sealed = client.seal({ body: bytes })
      sealed.writeUInt8(sealed.readUInt8(30) ^ 1, 30)
      client.sendFrame(sealed)
      return
    }
    default: {
      const sealed = client.seal({ body: bytes })
      client.sendFrame(sealed.subarray(0, sealed.length - 16))
    }
  }
}

const refusesOrAccepts = (work: () => unknown): void => {
  try {
    work()
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolViolation)
  }
}
