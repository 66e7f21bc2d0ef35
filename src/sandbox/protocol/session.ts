import { randomBytes } from "node:crypto"
import type { AuthKey } from "./auth-key.ts"
import { type ContainedMessage, isContainer, lowestIdIn, readContainer } from "./container.ts"
import { type Envelope, sealEnvelope } from "./envelope.ts"
import type { MessageIds } from "./message-ids.ts"
import { ProtocolViolation } from "./protocol-violation.ts"
import {
  BAD_MESSAGE,
  type BadMessage,
  checkMessageId,
  ReceivedMessages,
  type Relevance,
  violationOf,
} from "./received-messages.ts"
import { type Outcome, RunningQueries } from "./running-queries.ts"
import type { ServerSalts } from "./server-salts.ts"
import { answerService } from "./service-messages.ts"
import { TlReader, UnpackingBudget, unpack } from "./tl-reader.ts"
import { combinatorById, GZIP_PACKED_ID } from "./tl-schema.ts"
import type { ProtocolMessage } from "./tl-types.ts"
import { encode } from "./tl-writer.ts"
import { ToldUpdates } from "./told-updates.ts"
import { type Answer, UnacknowledgedAnswers } from "./unacknowledged-answers.ts"

/** A query that takes longer than this is acknowledged without its answer: milliseconds. */
const ACKNOWLEDGE_AFTER = 1000
/** A larger answer is announced by msg_detailed_info instead of being sent again unasked: bytes. */
const MAX_UNASKED_BYTES = 16 * 1024
/** How long a query waits for one that it is to be invoked after: milliseconds. */
const INVOKE_AFTER_PATIENCE = 20_000

export interface SessionHost {
  readonly messageIds: MessageIds
  readonly salts: ServerSalts
  /** Unix seconds */
  readonly now: () => number
  /** A method call arrived; the answer goes back through Session.answer. The body is valid during the call only. */
  readonly query: (session: Session, messageId: bigint, body: Buffer) => void
  /** The client wants its auth key forgotten. */
  readonly forgetAuthKey: (authKey: AuthKey) => void
  /** The client wants another session of its key forgotten; false when there is none. */
  readonly destroySession: (authKey: AuthKey, id: bigint) => boolean
  readonly violation: (cause: ProtocolViolation) => void
  readonly saltRefused: () => void
}

interface AnswerOptions {
  readonly outcome?: Outcome
  readonly isLost?: boolean
  readonly again?: (() => Buffer) | undefined
}

/** Where a session's frames go while a connection carries it. */
export interface Carrier {
  readonly send: (...pieces: readonly Uint8Array[]) => void
  readonly isOpen: boolean
  readonly close: () => void
  /** Lets nothing pass for so many milliseconds. */
  readonly halt: (milliseconds: number) => void
  /** Closes the connection after so many seconds, unless this is called again before. */
  readonly disconnectAfter: (seconds: number) => void
}

/** One MTProto session: checks of what arrives, acknowledgements, repetitions, answers sent again after a reconnection. */
export class Session {
  readonly authKey: AuthKey
  readonly id: bigint
  /** True once a call came that was not wrapped in invokeWithoutUpdates. */
  receivesUpdates = false
  readonly received = new ReceivedMessages()
  readonly queries = new RunningQueries()
  readonly answers = new UnacknowledgedAnswers()
  readonly updates = new ToldUpdates()
  readonly host: SessionHost
  #carrier: Carrier | undefined
  #contentMessages = 0
  #firstMessageId: bigint | undefined
  readonly #toAcknowledge = new Set<bigint>()
  #acknowledging: NodeJS.Timeout | undefined

  constructor(authKey: AuthKey, id: bigint, host: SessionHost) {
    this.authKey = authKey
    this.id = id
    this.host = host
  }

  get isConnected(): boolean {
    return this.#carrier?.isOpen === true
  }

  /** Takes one decrypted message that came over this carrier and does not keep it; throws ProtocolViolation. */
  receive(envelope: Envelope, carrier: Carrier): void {
    const isOtherCarrier = this.#carrier !== carrier
    this.#carrier = carrier
    const error = checkMessageId(envelope.messageId, this.host.now())
    if (error !== undefined) {
      this.#refuse(envelope.messageId, envelope.sequence, error)
      return
    }
    if (!this.host.salts.accepts(this.authKey, envelope.salt, this.host.now())) {
      this.#refuseSalt(envelope)
      return
    }
    if (this.#firstMessageId === undefined) this.#announce(lowestId(envelope))
    else if (isOtherCarrier) this.#resume()
    if (isContainer(envelope.body)) this.#receiveContainer(envelope)
    else this.#receiveMessage(envelope.messageId, envelope.sequence, envelope.body, new UnpackingBudget())
  }

  /**
   * Sends the answer of a query and keeps it until the client acknowledges it; a lost one is kept without being sent.
   * again: makes the same body anew, so that a large one need not be held; neither is used any more after this call, or its
   * own, has ended.
   */
  answer(queryId: bigint, body: Buffer, { outcome = "answered", isLost = false, again }: AnswerOptions = {}): void {
    this.#toAcknowledge.delete(queryId)
    if (!this.queries.end(queryId, outcome)) return
    const id = this.host.messageIds.next("answer")
    const heldBytes = again === undefined ? body.length : 0
    this.answers.add({ id, queryId, bytes: body.length, body: again ?? (() => body), heldBytes })
    if (!isLost) this.#send(id, body, true)
  }

  /** Drops the connection that carries the session; the client comes back with another one. */
  drop(): void {
    this.#carrier?.close()
  }

  /** Lets nothing pass on the session's connection for so many milliseconds. */
  halt(milliseconds: number): void {
    this.#carrier?.halt(milliseconds)
  }

  /** Makes a query one that was never received, so that the client's repetition of it is a new one. */
  forget(queryId: bigint): void {
    this.#toAcknowledge.delete(queryId)
    this.queries.end(queryId, "failed")
    this.received.forget(queryId)
  }

  /**
   * Sends updates. They are not repeated: a client that comes back after a connection broke and has not acknowledged them
   * is told to ask for the difference.
   */
  push(body: Buffer): void {
    if (!this.isConnected) {
      this.updates.miss()
      return
    }
    const id = this.host.messageIds.next("other")
    this.updates.sent(id)
    this.#send(id, body, true)
  }

  /**
   * How another query of this session ended, once it has (invokeAfterMsg); undefined when nothing is heard of it. What
   * was asked before the session began, as this server knows it, counts as answered.
   */
  async outcomeOf(queryId: bigint): Promise<Outcome | undefined> {
    if (queryId < (this.#firstMessageId ?? 0n) && !this.received.has(queryId)) return "answered"
    return this.queries.outcome(queryId, INVOKE_AFTER_PATIENCE)
  }

  /** Sends an answer to a service message; the client need not acknowledge it. */
  reply(message: ProtocolMessage): void {
    this.#send(this.host.messageIds.next("answer"), encode(message), false)
  }

  /** Sends an answer once more, or says that it is there when it is large. */
  remind(answer: Answer): void {
    if (answer.bytes <= MAX_UNASKED_BYTES) {
      this.sendAgain(answer)
      return
    }
    this.#notify({
      _: "mt_msg_detailed_info",
      msgId: answer.queryId,
      answerMsgId: answer.id,
      bytes: answer.bytes,
      status: 0,
    })
  }

  sendAgain(answer: Answer): void {
    this.#send(answer.id, answer.body(), true)
  }

  disconnectAfter(seconds: number): void {
    this.#carrier?.disconnectAfter(seconds)
  }

  /** Stops what would happen later; the session is forgotten. */
  end(): void {
    clearTimeout(this.#acknowledging)
  }

  #announce(firstMessageId: bigint): void {
    this.#firstMessageId = firstMessageId
    const created: ProtocolMessage = {
      _: "mt_new_session_created",
      firstMsgId: firstMessageId,
      uniqueId: randomBytes(8).readBigInt64LE(),
      serverSalt: this.host.salts.current(this.authKey, this.host.now()),
    }
    this.#send(this.host.messageIds.next("other"), encode(created), true)
  }

  /** Another connection carries the session on. */
  #resume(): void {
    for (const answer of this.answers.all()) this.sendAgain(answer)
    // core.telegram.org/constructor/updatesTooLong
    if (this.updates.takeMissed()) this.push(encode({ _: "updatesTooLong" }))
  }

  #refuseSalt({ messageId, sequence }: Envelope): void {
    this.host.saltRefused()
    this.#notify({
      _: "mt_bad_server_salt",
      badMsgId: messageId,
      badMsgSeqno: sequence,
      errorCode: BAD_MESSAGE.serverSalt,
      newServerSalt: this.host.salts.current(this.authKey, this.host.now()),
    })
  }

  #refuse(messageId: bigint, sequence: number, error: BadMessage, why = `a message is refused with ${error}`): void {
    this.host.violation(new ProtocolViolation(violationOf(error), why))
    this.#notify({ _: "mt_bad_msg_notification", badMsgId: messageId, badMsgSeqno: sequence, errorCode: error })
  }

  #receiveContainer({ messageId, sequence, body }: Envelope): void {
    let contained: readonly ContainedMessage[]
    try {
      contained = readContainer(messageId, body)
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error
      this.#refuse(messageId, sequence, BAD_MESSAGE.container, error.message)
      return
    }
    if (this.received.has(messageId)) {
      this.#refuse(messageId, sequence, BAD_MESSAGE.containerIdRepeated)
      return
    }
    const budget = new UnpackingBudget()
    for (const { id, sequence: inner, body: message } of contained) this.#receiveMessage(id, inner, message, budget)
    // After its messages, which were numbered before it.
    const error = this.received.add(messageId, sequence, "no-content")
    if (error !== undefined) this.#refuse(messageId, sequence, error)
  }

  #receiveMessage(messageId: bigint, sequence: number, packed: Buffer, budget: UnpackingBudget): void {
    if (packed.length < 4) throw new ProtocolViolation("encoding", "a message is shorter than a constructor id")
    const isPacked = packed.readUInt32LE(0) === GZIP_PACKED_ID
    const body = isPacked ? unpack(new TlReader(packed, 4).bytes(), budget) : packed
    const name = body.length < 4 ? undefined : combinatorById(body.readUInt32LE(0))?.name
    const isRepeated = this.received.has(messageId)
    if (!isRepeated) {
      const isOddId = (messageId & 3n) !== 0n
      const error = isOddId
        ? BAD_MESSAGE.messageIdNotDivisibleByFour
        : this.received.add(messageId, sequence, relevanceOf(name))
      if (error !== undefined) {
        this.#refuse(messageId, sequence, error)
        return
      }
    }
    if (name?.startsWith("mt_")) {
      answerService(this, messageId, new TlReader(body).object() as ProtocolMessage)
    } else if (!isRepeated) {
      this.queries.begin(messageId, body.length)
      this.#acknowledgeLater(messageId)
      this.host.query(this, messageId, body)
    } else {
      const answer = this.answers.ofQuery(messageId)
      if (answer !== undefined) this.remind(answer)
    }
  }

  /** A client that hears nothing of a query for long asks for its state, so a slow one is acknowledged before its answer. */
  #acknowledgeLater(queryId: bigint): void {
    this.#toAcknowledge.add(queryId)
    if (this.#acknowledging !== undefined) return
    this.#acknowledging = setTimeout(() => {
      this.#acknowledging = undefined
      const msgIds = [...this.#toAcknowledge]
      this.#toAcknowledge.clear()
      if (msgIds.length > 0) this.#notify({ _: "mt_msgs_ack", msgIds })
    }, ACKNOWLEDGE_AFTER).unref()
  }

  #notify(message: ProtocolMessage): void {
    this.#send(this.host.messageIds.next("other"), encode(message), false)
  }

  /** isContent: whether the client must acknowledge it, which is what odd sequence numbers say. */
  #send(messageId: bigint, body: Buffer, isContent: boolean): void {
    const sequence = this.#contentMessages * 2 + (isContent ? 1 : 0)
    if (isContent) this.#contentMessages++
    if (this.#carrier?.isOpen !== true) return
    const salt = this.host.salts.current(this.authKey, this.host.now())
    this.#carrier.send(...sealEnvelope(this.authKey, { salt, sessionId: this.id, messageId, sequence, body }))
  }
}

/**
 * The lowest identifier in a message. A client takes what it sent with lower ones than the session's first for lost, and
 * sends it again (core.telegram.org/mtproto/service_messages#new-session-creation-notification).
 */
const lowestId = ({ messageId, body }: Envelope): bigint =>
  isContainer(body) ? lowestIdIn(messageId, body) : messageId

/**
 * Method calls must be acknowledged and have odd sequence numbers. Of service messages the documents leave it open, except
 * for acknowledgements; but mtcute gives those odd numbers too, and Telegram serves it.
 */
const relevanceOf = (name: string | undefined): Relevance => (name?.startsWith("mt_") ? "either" : "content")
