import type { Session } from "./session.ts"
import { RPC_RESULT_ID } from "./tl-schema.ts"
import type { ProtocolMessage } from "./tl-types.ts"
import { TlWriter } from "./tl-writer.ts"

/** core.telegram.org/mtproto/service_messages: between 1 and 64 salts can be asked for. */
const MAX_SALTS = 64

/** What msgs_state_info says of a message (core.telegram.org/mtproto/service_messages_about_messages). */
const STATE = {
  unknown: 1,
  notReceived: 2,
  notYetReceived: 3,
  received: 4,
  needsNoAcknowledgement: 16,
  isQuery: 32,
  isAnswered: 64,
} as const

const stateOf = (session: Session, messageId: bigint): number => {
  if (session.received.has(messageId)) {
    if (session.queries.has(messageId)) return STATE.received | STATE.isQuery
    if (session.queries.hasEnded(messageId)) return STATE.received | STATE.isQuery | STATE.isAnswered
    return STATE.received | STATE.needsNoAcknowledgement
  }
  if (session.received.isForgotten(messageId)) return STATE.unknown
  return session.received.isAhead(messageId) ? STATE.notYetReceived : STATE.notReceived
}

const replyState = (session: Session, requestId: bigint, messageIds: readonly bigint[]): void => {
  const info = Buffer.from(messageIds.map((id) => stateOf(session, id)))
  session.reply({ _: "mt_msgs_state_info", reqMsgId: requestId, info })
}

/** An answer of the protocol layer itself, in the form of a method's answer. */
const resultOf = (queryId: bigint, message: ProtocolMessage): Buffer => {
  const writer = new TlWriter()
  writer.int(RPC_RESULT_ID)
  writer.long(queryId)
  writer.object(message)
  return writer.done()
}

/**
 * Forgets the answer of a query (core.telegram.org/mtproto/service_messages#cancellation-of-an-rpc-query). One that is
 * still being worked on is told the same, and its real answer is never sent.
 */
const dropAnswer = (session: Session, messageId: bigint, queryId: bigint): void => {
  session.queries.begin(messageId, 0)
  const answer = session.answers.ofQuery(queryId)
  if (answer !== undefined) {
    session.answers.remove(answer.id)
    const dropped = { _: "mt_rpc_answer_dropped", msgId: answer.id, seqNo: 0, bytes: answer.bytes } as const
    session.answer(messageId, resultOf(messageId, dropped))
  } else if (session.queries.has(queryId)) {
    const running = { _: "mt_rpc_answer_dropped_running" } as const
    session.answer(messageId, resultOf(messageId, running))
    session.answer(queryId, resultOf(queryId, running), { outcome: "failed" })
  } else {
    session.answer(messageId, resultOf(messageId, { _: "mt_rpc_answer_unknown" }))
  }
}

const replyFutureSalts = (session: Session, messageId: bigint, wanted: number): void => {
  const { host, authKey } = session
  const now = host.now()
  const salts = host.salts.future(authKey, now, Math.min(Math.max(wanted, 1), MAX_SALTS))
  session.reply({
    _: "mt_future_salts",
    reqMsgId: messageId,
    now,
    salts: salts.map((salt) => ({ _: "mt_future_salt" as const, ...salt })),
  })
}

/** Does what a service message of the client asks for. */
export const answerService = (session: Session, messageId: bigint, message: ProtocolMessage): void => {
  switch (message._) {
    case "mt_msgs_ack":
      for (const acknowledged of message.msgIds) {
        session.answers.remove(acknowledged)
        session.updates.acknowledged(acknowledged)
      }
      return
    case "mt_ping":
      session.reply({ _: "mt_pong", msgId: messageId, pingId: message.pingId })
      return
    case "mt_ping_delay_disconnect":
      session.disconnectAfter(message.disconnectDelay)
      session.reply({ _: "mt_pong", msgId: messageId, pingId: message.pingId })
      return
    case "mt_get_future_salts":
      replyFutureSalts(session, messageId, message.num)
      return
    case "mt_msgs_state_req":
      for (const id of message.msgIds) {
        const answer = session.answers.ofQuery(id)
        if (answer !== undefined) session.remind(answer)
      }
      replyState(session, messageId, message.msgIds)
      return
    case "mt_msg_resend_req": {
      const answers = message.msgIds.map((id) => session.answers.get(id))
      for (const answer of answers) if (answer !== undefined) session.sendAgain(answer)
      // Asked for something that is not there, the server tells the state of all of it.
      if (answers.includes(undefined)) replyState(session, messageId, message.msgIds)
      return
    }
    case "mt_rpc_drop_answer":
      dropAnswer(session, messageId, message.reqMsgId)
      return
    case "mt_destroy_session": {
      const { sessionId } = message
      const isDestroyed = sessionId !== session.id && session.host.destroySession(session.authKey, sessionId)
      session.reply({ _: isDestroyed ? "mt_destroy_session_ok" : "mt_destroy_session_none", sessionId })
      return
    }
    case "mt_destroy_auth_key":
      session.reply({ _: "mt_destroy_auth_key_ok" })
      session.host.forgetAuthKey(session.authKey)
      return
    default:
      // http_wait has no meaning over TCP; msgs_state_info and msgs_all_info tell what this server did not ask.
      return
  }
}
