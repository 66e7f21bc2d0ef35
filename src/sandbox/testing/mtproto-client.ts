import { constants, publicEncrypt, randomBytes } from "node:crypto"
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { ByteQueue } from "../protocol/byte-queue.ts"
import { decryptIge, encryptIge, type IgeKey, messageIgeKey, messageKeyOf, sha1, sha256 } from "../protocol/crypto.ts"
import { TlReader } from "../protocol/tl-reader.ts"
import { MESSAGE_CONTAINER_ID, RPC_RESULT_ID } from "../protocol/tl-schema.ts"
import type { ProtocolMessage, TlObject } from "../protocol/tl-types.ts"
import { encode, TlWriter } from "../protocol/tl-writer.ts"
import type { Endpoint } from "../sandbox.ts"

/** How long an answer may take before a test fails: milliseconds. */
const PATIENCE = 20_000

const MODULUS = BigInt(
  "0xc71caeb9c6b1c9048e6c522f70f13f73980d40238e3e21c14934d037563d930f48198a0aa7c14058229493d22530f4dbfa336f6e0ac925139543aed44cce7c3720fd51f69458705ac68cd4fe6b6b13abdc9746512969328454f18faf8c595f642477fe96bb2a941d5bcd1d4ac8cc49880708fa9b378e3c4f3a9060bee67cf9a4a4a695811051907e162753b56b0f6b410dba74d8a84b2a14b3144e0ef1284754fd17ed950d5965b4b9dd46582db1178d169c6bc465b0d6ff9ca3928fef5b9ae4e418fc15e83ebea0f87fa9ff5eed70050ded2849f47bf959d956850ce929851f0d8115f635b105ee2e4e15d04b2454bf6f4fadf034b10403119cd8e3b92fcc5b",
)

const power = (base: bigint, exponent: bigint): bigint => {
  let result = 1n
  let square = base
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % MODULUS
    square = (square * square) % MODULUS
  }
  return result
}

const toInteger = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString("hex")}`)
const toBytes = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(512, "0"), "hex")

/** A message as the server sent it: rpc_result has the query that it answers. */
export interface ServerMessage {
  readonly messageId: bigint
  readonly sequence: number
  readonly queryId: bigint | undefined
  readonly object: ProtocolMessage | TlObject
}

export interface ClientKey {
  readonly id: bigint
  readonly bytes: Buffer
  readonly salt: bigint
}

/** What to send; what is left out is as it should be. */
export interface ClientMessage {
  readonly body: Buffer
  readonly messageId?: bigint
  readonly sequence?: number
  readonly salt?: bigint
  readonly sessionId?: bigint
}

/**
 * A bare MTProto client for tests, which sends exactly what it is told, right or wrong. It speaks the intermediate
 * transport without obfuscation.
 */
export class MtprotoClient implements Disposable {
  readonly #socket: Socket
  readonly #queue = new ByteQueue()
  readonly #plain: Buffer[] = []
  readonly #plainWaiters: ((message: Buffer) => void)[] = []
  readonly #received: ServerMessage[] = []
  readonly #transportErrors: number[] = []
  readonly #waiters = new Set<{ readonly check: () => void }>()
  readonly closed: Promise<unknown>
  sessionId = randomBytes(8).readBigInt64LE()
  #lastMessageId = 0n
  #contentMessages = 0
  #key: ClientKey | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    this.closed = new Promise((resolve) => {
      socket.once("close", resolve)
    })
    socket.on("error", () => undefined)
    socket.on("data", (data) => this.#receive(data))
    socket.write(Buffer.of(0xee, 0xee, 0xee, 0xee))
  }

  /** Connects, and agrees on a key unless there is one already. */
  static async connect(endpoint: Endpoint, key?: ClientKey, expiresIn?: number): Promise<MtprotoClient> {
    const socket = connect(endpoint.port, endpoint.host)
    await once(socket, "connect")
    const client = new MtprotoClient(socket)
    client.#key = key ?? (await client.#agree(endpoint.publicKey, expiresIn))
    return client
  }

  get key(): ClientKey {
    if (this.#key === undefined) throw new Error("there is no key yet")
    return this.#key
  }

  /** Everything received so far. */
  get received(): readonly ServerMessage[] {
    return this.#received
  }

  /** Forgets everything received so far. */
  forget(): void {
    this.#received.length = 0
  }

  /** Resolves with the transport error that the server sends, such as -404. */
  transportError(): Promise<number> {
    return this.#wait(() => this.#transportErrors[0])
  }

  nextMessageId(): bigint {
    const now = ((BigInt(Date.now()) << 32n) / 1000n) & ~3n
    this.#lastMessageId = now > this.#lastMessageId ? now : this.#lastMessageId + 4n
    return this.#lastMessageId
  }

  /** isContent: whether the server must acknowledge it. */
  nextSequence(isContent: boolean): number {
    return isContent ? this.#contentMessages++ * 2 + 1 : this.#contentMessages * 2
  }

  /** Sends one encrypted message; returns its identifier. */
  send(message: ClientMessage): bigint {
    const messageId = message.messageId ?? this.nextMessageId()
    this.sendFrame(this.seal({ ...message, messageId }))
    return messageId
  }

  /** Sends a method call or service message and resolves with what answers it. */
  async ask(object: TlObject, message: Omit<ClientMessage, "body"> = {}): Promise<ServerMessage["object"]> {
    const messageId = this.send({ ...message, body: encode(object) })
    return (await this.message((candidate) => answers(candidate, messageId))).object
  }

  /** The first message, received already or still to come, that passes. */
  message(accepts: (message: ServerMessage) => boolean): Promise<ServerMessage> {
    return this.#wait(() => this.#received.find(accepts))
  }

  #wait<Value>(look: () => Value | undefined): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>()
    const timer = setTimeout(() => {
      const names = this.#received.map(({ object }) => object._).join(", ")
      reject(new Error(`what was waited for did not come in ${PATIENCE} ms; received: ${names}`))
    }, PATIENCE)
    const waiter = {
      check: () => {
        const found = look()
        if (found === undefined) return
        clearTimeout(timer)
        this.#waiters.delete(waiter)
        resolve(found)
      },
    }
    this.#waiters.add(waiter)
    waiter.check()
    return promise
  }

  /** The frame of an encrypted message: auth key id, message key, data. */
  seal({ body, messageId = this.nextMessageId(), sequence = this.nextSequence(true), ...rest }: ClientMessage): Buffer {
    const { salt = this.key.salt, sessionId = this.sessionId } = rest
    const header = Buffer.alloc(32)
    header.writeBigInt64LE(salt, 0)
    header.writeBigInt64LE(sessionId, 8)
    header.writeBigInt64LE(messageId, 16)
    header.writeInt32LE(sequence, 24)
    header.writeInt32LE(body.length, 28)
    const padding = randomBytes(12 + ((16 - ((32 + body.length + 12) % 16)) % 16))
    return this.sealPlain(Buffer.concat([header, body, padding]))
  }

  /** The frame of any plaintext, of whole AES blocks, with a right message key. */
  sealPlain(plain: Buffer): Buffer {
    const messageKey = messageKeyOf(this.key.bytes, plain, 0)
    const keyId = Buffer.alloc(8)
    keyId.writeBigUInt64LE(this.key.id)
    return Buffer.concat([keyId, messageKey, encryptIge(plain, messageIgeKey(this.key.bytes, messageKey, 0))])
  }

  sendFrame(frame: Uint8Array): void {
    const length = Buffer.alloc(4)
    length.writeUInt32LE(frame.length)
    this.sendRaw(Buffer.concat([length, frame]))
  }

  /** Sends bytes as they are, without a frame around them. */
  sendRaw(bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes)
  }

  end(): void {
    this.#socket.end()
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }

  #receive(data: Buffer): void {
    this.#queue.push(data)
    for (;;) {
      const length = this.#queue.peek(4)?.readUInt32LE(0)
      const frame = length === undefined ? undefined : this.#queue.take(4 + length)
      if (frame === undefined) return
      this.#frame(frame.subarray(4))
    }
  }

  #frame(frame: Buffer): void {
    if (frame.length < 24) {
      this.#transportErrors.push(frame.readInt32LE(0))
      for (const waiter of this.#waiters) waiter.check()
      return
    }
    if (frame.readBigUInt64LE(0) === 0n) {
      const message = Buffer.from(frame.subarray(20))
      const waiter = this.#plainWaiters.shift()
      if (waiter === undefined) this.#plain.push(message)
      else waiter(message)
      return
    }
    const plain = decryptIge(frame.subarray(24), messageIgeKey(this.key.bytes, frame.subarray(8, 24), 8))
    const body = plain.subarray(32, 32 + plain.readInt32LE(28))
    const isResult = body.readUInt32LE(0) === RPC_RESULT_ID
    this.#received.push({
      messageId: plain.readBigInt64LE(16),
      sequence: plain.readInt32LE(24),
      queryId: isResult ? body.readBigInt64LE(4) : undefined,
      object: new TlReader(body, isResult ? 12 : 0).boxed() as TlObject,
    })
    for (const waiter of this.#waiters) waiter.check()
  }

  async #askPlain(message: ProtocolMessage): Promise<ProtocolMessage> {
    const body = encode(message)
    const header = Buffer.alloc(20)
    header.writeBigInt64LE(this.nextMessageId(), 8)
    header.writeInt32LE(body.length, 16)
    const answer = this.#plain.shift() ?? new Promise<Buffer>((resolve) => this.#plainWaiters.push(resolve))
    this.sendFrame(Buffer.concat([header, body]))
    return new TlReader(await answer).object() as ProtocolMessage
  }

  /** Creates an auth key (core.telegram.org/mtproto/auth_key); a temporary one when it is to expire. */
  async #agree(publicKey: string, expiresIn: number | undefined): Promise<ClientKey> {
    const nonce = randomBytes(16)
    const newNonce = randomBytes(32)
    const start = await this.#askPlain({ _: "mt_req_pq_multi", nonce })
    if (start._ !== "mt_resPQ") throw new Error(start._)
    const { serverNonce, pq, serverPublicKeyFingerprints } = start
    const [p, q] = [Buffer.from("494c553b", "hex"), Buffer.from("53911073", "hex")]
    const inside = { pq, p, q, nonce, serverNonce, newNonce, dc: 1 }
    const inner: ProtocolMessage =
      expiresIn === undefined
        ? { _: "mt_p_q_inner_data_dc", ...inside }
        : { _: "mt_p_q_inner_data_temp_dc", ...inside, expiresIn }
    const parameters = await this.#askPlain({
      _: "mt_req_DH_params",
      nonce,
      serverNonce,
      p,
      q,
      publicKeyFingerprint: serverPublicKeyFingerprints[0] ?? 0n,
      encryptedData: rsaPad(encode(inner), publicKey),
    })
    if (parameters._ !== "mt_server_DH_params_ok") throw new Error(parameters._)
    const key = temporaryIgeKey(newNonce, Buffer.from(serverNonce))
    const opened = new TlReader(decryptIge(parameters.encryptedAnswer, key), 20).object() as ProtocolMessage
    if (opened._ !== "mt_server_DH_inner_data") throw new Error(opened._)
    const exponent = toInteger(randomBytes(256))
    const gB = toBytes(power(BigInt(opened.g), exponent))
    const mine = encode({ _: "mt_client_DH_inner_data", nonce, serverNonce, retryId: 0n, gB } as ProtocolMessage)
    const padding = randomBytes((16 - ((20 + mine.length) % 16)) % 16)
    const done = await this.#askPlain({
      _: "mt_set_client_DH_params",
      nonce,
      serverNonce,
      encryptedData: encryptIge(Buffer.concat([sha1(mine), mine, padding]), key),
    })
    if (done._ !== "mt_dh_gen_ok") throw new Error(done._)
    const bytes = toBytes(power(toInteger(opened.gA), exponent))
    const salt = newNonce.readBigInt64LE() ^ Buffer.from(serverNonce).readBigInt64LE()
    return { bytes, id: sha1(bytes).readBigUInt64LE(12), salt }
  }
}

/** Whether a message of the server answers this message of the client. */
export const answers = ({ queryId, object }: ServerMessage, messageId: bigint): boolean =>
  queryId === messageId ||
  ("reqMsgId" in object && object.reqMsgId === messageId) ||
  ("badMsgId" in object && object.badMsgId === messageId) ||
  (object._ === "mt_pong" && "msgId" in object && object.msgId === messageId)

/** The body of a container. */
export const containerOf = (
  messages: readonly { readonly messageId: bigint; readonly sequence: number; readonly body: Buffer }[],
): Buffer => {
  const writer = new TlWriter()
  writer.int(MESSAGE_CONTAINER_ID)
  writer.int(messages.length)
  for (const { messageId, sequence, body } of messages) {
    writer.long(messageId)
    writer.int(sequence)
    writer.int(body.length)
    writer.raw(body)
  }
  return writer.done()
}

const temporaryIgeKey = (newNonce: Buffer, serverNonce: Buffer): IgeKey => {
  const newThenServer = sha1(newNonce, serverNonce)
  const serverThenNew = sha1(serverNonce, newNonce)
  return {
    key: Buffer.concat([newThenServer, serverThenNew.subarray(0, 12)]),
    iv: Buffer.concat([serverThenNew.subarray(12), sha1(newNonce, newNonce), newNonce.subarray(0, 4)]),
  }
}

/** RSA_PAD of core.telegram.org/mtproto/auth_key, tried until the number is below the modulus. */
const rsaPad = (data: Buffer, publicKey: string): Buffer => {
  const padded = Buffer.concat([data, randomBytes(192 - data.length)])
  for (;;) {
    const key = randomBytes(32)
    const plain = Buffer.concat([Buffer.from(padded).reverse(), sha256(key, padded)])
    const ciphertext = Buffer.from(encryptIge(plain, { key, iv: Buffer.alloc(32) }))
    const mask = sha256(ciphertext)
    const masked = Buffer.from(key.map((byte, index) => byte ^ (mask[index] ?? 0)))
    try {
      return publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, Buffer.concat([masked, ciphertext]))
    } catch {
      // not below the modulus
    }
  }
}
