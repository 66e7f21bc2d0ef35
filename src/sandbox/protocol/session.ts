import { randomBytes } from "node:crypto"
import type { AuthKey } from "./auth-key.ts"
import { type Envelope, sealEnvelope } from "./envelope.ts"
import type { MessageIds } from "./message-ids.ts"
import { ProtocolViolation } from "./protocol-violation.ts"
import { TlReader, unpack } from "./tl-reader.ts"
import { combinatorById, GZIP_PACKED_ID, MESSAGE_CONTAINER_ID } from "./tl-schema.ts"
import type { ProtocolMessage } from "./tl-types.ts"
import { encode } from "./tl-writer.ts"

/** core.telegram.org/mtproto/service_messages: a container holds at most 1020 messages. */
const MAX_CONTAINER_MESSAGES = 1020
/** How many received message ids are remembered to recognise repetitions. */
const MAX_REMEMBERED = 5000
/** Answers that the client has not acknowledged are kept for sending again, the oldest dropped beyond this many bytes. */
const MAX_UNACKNOWLEDGED_BYTES = 64 * 1024 * 1024

const STATE_UNKNOWN = 1
const STATE_RECEIVED = 4
const BAD_SERVER_SALT = 48

export interface SessionHost {
  readonly messageIds: MessageIds
  /** A method call arrived; the answer goes back through Session.answer. */
  readonly query: (session: Session, messageId: bigint, body: Buffer) => void
  /** The client wants its auth key forgotten. */
  readonly forgetAuthKey: (authKey: AuthKey) => void
}

/** Where a session's frames go while a connection carries it. */
export interface Carrier {
  readonly send: (...pieces: readonly Uint8Array[]) => void
  readonly isOpen: boolean
}

interface Unacknowledged {
  readonly body: Buffer
  /** The query that this answers. */
  readonly queryId: bigint
}

/** One MTProto session: containers, acknowledgements, repetitions and answers sent again after a reconnection. */
export class Session {
  readonly authKey: AuthKey
  readonly id: bigint
  /** True once a call came that was not wrapped in invokeWithoutUpdates. */
  receivesUpdates = false
  readonly #host: SessionHost
  #carrier: Carrier | undefined
  #contentMessages = 0
  readonly #received = new Set<bigint>()
  readonly #unacknowledged = new Map<bigint, Unacknowledged>()
  #unacknowledgedBytes = 0
  #isNew = true

  constructor(authKey: AuthKey, id: bigint, host: SessionHost) {
    this.authKey = authKey
    this.id = id
    this.#host = host
  }

  get isConnected(): boolean {
    return this.#carrier?.isOpen === true
  }

  /** Takes one decrypted message that came over this carrier; throws ProtocolViolation. */
  receive(envelope: Envelope, carrier: Carrier): void {
    const isOtherCarrier = this.#carrier !== carrier
    this.#carrier = carrier
    if (envelope.salt !== this.authKey.salt) {
      this.#refuseSalt(envelope)
      return
    }
    if (this.#isNew) this.#announce(envelope.messageId)
    else if (isOtherCarrier) for (const messageId of this.#unacknowledged.keys()) this.#sendAgain(messageId)
    this.#receiveBody(envelope.messageId, envelope.sequence, envelope.body, false)
  }

  /** Sends the answer of a query and keeps it until the client acknowledges it. */
  answer(queryId: bigint, body: Buffer): void {
    const messageId = this.#host.messageIds.next("answer")
    this.#unacknowledged.set(messageId, { body, queryId })
    this.#unacknowledgedBytes += body.length
    for (const oldest of this.#unacknowledged.keys()) {
      if (this.#unacknowledgedBytes <= MAX_UNACKNOWLEDGED_BYTES) break
      this.#acknowledge(oldest)
    }
    this.#send(messageId, body, true)
  }

  /** Sends something that nobody asked for, such as updates. It is not repeated: a client asks for the difference. */
  push(body: Buffer): void {
    this.#send(this.#host.messageIds.next("other"), body, true)
  }

  #announce(firstMessageId: bigint): void {
    this.#isNew = false
    this.#notify({
      _: "mt_new_session_created",
      firstMsgId: firstMessageId,
      uniqueId: randomBytes(8).readBigInt64LE(),
      serverSalt: this.authKey.salt,
    })
  }

  #refuseSalt(envelope: Envelope): void {
    this.#notify({
      _: "mt_bad_server_salt",
      badMsgId: envelope.messageId,
      badMsgSeqno: envelope.sequence,
      errorCode: BAD_SERVER_SALT,
      newServerSalt: this.authKey.salt,
    })
  }

  #receiveBody(messageId: bigint, sequence: number, body: Buffer, isContained: boolean): void {
    if (body.length < 4) throw new ProtocolViolation("a message is shorter than a constructor id")
    switch (body.readUInt32LE(0)) {
      case MESSAGE_CONTAINER_ID:
        if (isContained) throw new ProtocolViolation("a container lies in a container")
        this.#receiveContainer(new TlReader(body, 4))
        return
      case GZIP_PACKED_ID:
        this.#receiveContent(messageId, sequence, unpack(new TlReader(body, 4).bytes()))
        return
      default:
        this.#receiveContent(messageId, sequence, body)
        return
    }
  }

  #receiveContainer(reader: TlReader): void {
    const count = reader.unsigned()
    if (count > MAX_CONTAINER_MESSAGES) throw new ProtocolViolation(`a container of ${count} messages`)
    for (let index = 0; index < count; index++) {
      const messageId = reader.long()
      const sequence = reader.int()
      this.#receiveBody(messageId, sequence, reader.raw(reader.unsigned()), true)
    }
  }

  #receiveContent(messageId: bigint, sequence: number, body: Buffer): void {
    const isRepeated = this.#received.has(messageId)
    if (sequence & 1) this.#remember(messageId)
    const name = body.length < 4 ? undefined : combinatorById(body.readUInt32LE(0))?.name
    if (name?.startsWith("mt_")) {
      this.#receiveService(messageId, new TlReader(body).object() as ProtocolMessage)
      return
    }
    if (!isRepeated) {
      this.#host.query(this, messageId, body)
      return
    }
    for (const [answerId, answer] of this.#unacknowledged) if (answer.queryId === messageId) this.#sendAgain(answerId)
  }

  #remember(messageId: bigint): void {
    this.#received.add(messageId)
    if (this.#received.size <= MAX_REMEMBERED) return
    for (const oldest of this.#received) {
      this.#received.delete(oldest)
      return
    }
  }

  #receiveService(messageId: bigint, message: ProtocolMessage): void {
    switch (message._) {
      case "mt_msgs_ack":
        for (const acknowledged of message.msgIds) this.#acknowledge(acknowledged)
        return
      case "mt_ping":
      case "mt_ping_delay_disconnect":
        this.#reply({ _: "mt_pong", msgId: messageId, pingId: message.pingId })
        return
      case "mt_get_future_salts":
        this.#replyFutureSalts(messageId, message.num)
        return
      case "mt_msgs_state_req":
        for (const [answerId, answer] of this.#unacknowledged) {
          if (message.msgIds.includes(answer.queryId)) this.#sendAgain(answerId)
        }
        this.#reply({
          _: "mt_msgs_state_info",
          reqMsgId: messageId,
          info: Buffer.from(message.msgIds.map((id) => (this.#received.has(id) ? STATE_RECEIVED : STATE_UNKNOWN))),
        })
        return
      case "mt_msg_resend_req":
        for (const wanted of message.msgIds) this.#sendAgain(wanted)
        return
      case "mt_destroy_session":
        this.#reply({ _: "mt_destroy_session_ok", sessionId: message.sessionId })
        return
      case "mt_destroy_auth_key":
        this.#reply({ _: "mt_destroy_auth_key_ok" })
        this.#host.forgetAuthKey(this.authKey)
        return
      default:
        // rpc_drop_answer, http_wait, msgs_state_info and msgs_all_info ask for nothing here.
        return
    }
  }

  /** The one salt of this key, as a row of hours, so that a client need not ask again soon. */
  #replyFutureSalts(messageId: bigint, wanted: number): void {
    const now = Math.floor(Date.now() / 1000)
    const count = Math.min(Math.max(wanted, 1), 64)
    this.#reply({
      _: "mt_future_salts",
      reqMsgId: messageId,
      now,
      salts: Array.from({ length: count }, (_, hour) => ({
        _: "mt_future_salt" as const,
        validSince: now + hour * 3600 - 60,
        validUntil: now + (hour + 1) * 3600 + 1740,
        salt: this.authKey.salt,
      })),
    })
  }

  #acknowledge(messageId: bigint): void {
    this.#unacknowledgedBytes -= this.#unacknowledged.get(messageId)?.body.length ?? 0
    this.#unacknowledged.delete(messageId)
  }

  #sendAgain(messageId: bigint): void {
    const answer = this.#unacknowledged.get(messageId)
    if (answer !== undefined) this.#send(messageId, answer.body, true)
  }

  #reply(message: ProtocolMessage): void {
    this.#send(this.#host.messageIds.next("answer"), encode(message), false)
  }

  #notify(message: ProtocolMessage): void {
    this.#send(this.#host.messageIds.next("other"), encode(message), true)
  }

  /** isContent: whether the client must acknowledge it, which is what odd sequence numbers say. */
  #send(messageId: bigint, body: Buffer, isContent: boolean): void {
    const sequence = this.#contentMessages * 2 + (isContent ? 1 : 0)
    if (isContent) this.#contentMessages++
    if (this.#carrier?.isOpen !== true) return
    const { salt } = this.authKey
    this.#carrier.send(...sealEnvelope(this.authKey, { salt, sessionId: this.id, messageId, sequence, body }))
  }
}
