import type { tl } from "@mtcute/tl"
import type { Tally } from "../counters.ts"
import { ProtocolViolation } from "../protocol/protocol-violation.ts"
import type { Session } from "../protocol/session.ts"
import { TlReader } from "../protocol/tl-reader.ts"
import { RPC_RESULT_ID } from "../protocol/tl-schema.ts"
import type { Request, TlAnswer, TlObject, Wire } from "../protocol/tl-types.ts"
import { TlWriter } from "../protocol/tl-writer.ts"
import type { ClientDescription } from "../state/login.ts"
import type { Telegram } from "../state/telegram.ts"
import { type Call, callerOf, type Methods, repetitionOf } from "./call.ts"
import { RpcError } from "./rpc-error.ts"

/** What can be done to the way of an answer. */
export interface Delivery {
  /** The answer is not sent now; the client gets it when it asks for it. */
  readonly loseAnswer: () => void
  /** The call is forgotten as if it had never arrived; never settles. */
  readonly forget: () => Promise<never>
  readonly dropConnection: () => void
  /** Nothing passes on the call's connection for so many milliseconds. */
  readonly haltConnection: (milliseconds: number) => void
}

/**
 * Stands between a call and its method: may answer itself, throw an RpcError, wait, or pass on to what comes next. A
 * promise that never settles leaves the call unanswered.
 */
export type Interceptor = (
  call: Call,
  request: TlObject,
  next: () => TlAnswer | Promise<TlAnswer>,
  delivery: Delivery,
) => TlAnswer | Promise<TlAnswer>

/** Hears of every call. */
export interface CallListener {
  readonly received: (call: Call) => void
  /** error: the text it was answered with, if it was one. */
  readonly answered: (call: Call, error: string | undefined) => void
}

type Handler = (request: TlObject, call: Call) => TlAnswer | Promise<TlAnswer>

/** A call that wraps another one (core.telegram.org/api/invoking). */
const hasQuery = (request: TlObject): request is TlObject & { readonly query: TlObject } =>
  (request._.startsWith("invoke") || request._ === "initConnection") && "query" in request

/** The queries that a call is to be invoked after. */
const idsOfOthers = (request: TlObject): readonly bigint[] => {
  if (request._ === "invokeAfterMsg") return [(request as Request<"invokeAfterMsg">).msgId]
  return request._ === "invokeAfterMsgs" ? (request as Request<"invokeAfterMsgs">).msgIds : []
}

/** Resolves when the other queries have been answered well; throws what Telegram answers otherwise. */
const waitForOthers = async (session: Session, queryIds: readonly bigint[]): Promise<void> => {
  for (const queryId of queryIds) {
    const outcome = await session.outcomeOf(queryId)
    if (outcome === "failed") throw new RpcError(400, "MSG_WAIT_FAILED")
    if (outcome === undefined) throw new RpcError(400, "MSG_WAIT_TIMEOUT")
  }
}

const isConnectionStart = (request: TlObject): request is Wire<tl.RawInitConnectionRequest> & TlObject =>
  request._ === "initConnection"

const describeClient = (request: Wire<tl.RawInitConnectionRequest>): ClientDescription => ({
  apiId: request.apiId,
  deviceModel: request.deviceModel,
  systemVersion: request.systemVersion,
  appVersion: request.appVersion,
})

/** What a temporary key may call before it is bound to a permanent one (core.telegram.org/api/pfs). */
const WITHOUT_BINDING = /^(auth\.bindTempAuthKey$|help\.)/

/**
 * Methods that may be called before the login (core.telegram.org/api/auth lists most). A client that gets 401 before its
 * login takes its key for a lost one: TDLib closes itself.
 */
const NEEDS_NO_LOGIN = /^(auth|help|langpack)\./

/** Room for the answer of a download beside its bytes. */
const ANSWER_CAPACITY = 4096

const encodeResult = (queryId: bigint, write: (writer: TlWriter) => void, writer: TlWriter): Buffer => {
  writer.int(RPC_RESULT_ID)
  writer.long(queryId)
  write(writer)
  return writer.done()
}

const capacityFor = (answer: TlAnswer): number =>
  typeof answer === "object" && "bytes" in answer && answer.bytes instanceof Uint8Array
    ? answer.bytes.length + ANSWER_CAPACITY
    : ANSWER_CAPACITY

const encodeError = (queryId: bigint, { code, message }: RpcError): Buffer =>
  encodeResult(
    queryId,
    (writer) => writer.object({ _: "mt_rpc_error", errorCode: code, errorMessage: message } as TlObject),
    new TlWriter(ANSWER_CAPACITY),
  )

/** A larger call is only copied when it has to wait: bytes. */
const LARGE = 32 * 1024

/** Where answers are written that nobody holds: one after another, since they are large and many. */
const passing = new TlWriter(LARGE)

/** Decodes method calls, finds their methods, counts, and sends what they answer. */
export class Dispatcher {
  readonly #telegram: Telegram
  readonly #tally: Tally
  readonly #handlers: ReadonlyMap<string, Handler>
  readonly #interceptors: readonly Interceptor[]
  readonly #listener: CallListener
  /** By auth key. */
  readonly #clients = new Map<bigint, ClientDescription>()

  constructor(
    telegram: Telegram,
    tally: Tally,
    methods: Methods,
    interceptors: readonly Interceptor[] = [],
    listener: CallListener = { received: () => undefined, answered: () => undefined },
  ) {
    this.#telegram = telegram
    this.#tally = tally
    // The codec gives every method a request of its own type, which a table of all of them cannot express.
    this.#handlers = new Map(Object.entries(methods) as unknown as readonly (readonly [string, Handler])[])
    this.#interceptors = interceptors
    this.#listener = listener
  }

  /** Answers one call of a session; never throws. body: valid during this call only. */
  query(session: Session, messageId: bigint, body: Buffer): void {
    void this.#answer(session, messageId, body.length < LARGE ? Buffer.from(body) : body)
  }

  async #answer(session: Session, messageId: bigint, body: Buffer): Promise<void> {
    let call: Call | undefined
    let result: Buffer
    let isError = false
    let isLost = false
    let error: string | undefined
    let again: (() => Buffer) | undefined
    const delivery: Delivery = {
      loseAnswer: () => {
        isLost = true
      },
      forget: () => {
        session.forget(messageId)
        return new Promise<never>(() => undefined)
      },
      dropConnection: () => session.drop(),
      haltConnection: (milliseconds) => session.halt(milliseconds),
    }
    try {
      const { authKey, id: sessionId } = session
      const decode = (bytes: Buffer) => this.#unwrap(session, new TlReader(bytes).object())
      const { request: first, after } = decode(body)
      let request = first
      if (after.length > 0) {
        request = decode(Buffer.from(body)).request
        await waitForOthers(session, after)
      }
      call = {
        method: request._,
        authKey,
        messageId,
        sessionId,
        account: this.#telegram.accountOf(authKey),
        client: this.#clients.get(authKey.id),
        loginEnd: this.#telegram.endOfLogin(authKey),
      }
      this.#listener.received(call)
      const keep = () => (after.length > 0 || body.length < LARGE ? request : decode(Buffer.from(body)).request)
      const answer = await this.#run(call, request, delivery, keep)
      const encode = (what: TlAnswer, into: TlWriter) =>
        encodeResult(messageId, (writer) => writer.answer(request._, what), into)
      const repetition = repetitionOf(answer)
      if (repetition === undefined) {
        result = encode(answer, new TlWriter(capacityFor(answer)))
      } else {
        const pass = (what: TlAnswer) => {
          const passed = encode(what, passing.restart())
          repetition.release(what)
          return passed
        }
        result = pass(answer)
        again = () => this.#encodeAgain(messageId, call, () => pass(repetition.make()))
      }
    } catch (thrown) {
      isError = true
      const rpcError = this.#toRpcError(thrown, call)
      error = rpcError.message
      result = encodeError(messageId, rpcError)
    }
    this.#tally.call(call?.account?.phone ?? "", call?.method ?? "", body.length, result.length, isError)
    session.answer(messageId, result, { outcome: isError ? "failed" : "answered", isLost, again })
    if (call !== undefined) this.#listener.answered(call, error)
  }

  /** An answer that cannot be made anew after all becomes an error; never throws. */
  #encodeAgain(queryId: bigint, call: Call | undefined, encode: () => Buffer): Buffer {
    try {
      return encode()
    } catch (thrown) {
      return encodeError(queryId, this.#toRpcError(thrown, call))
    }
  }

  #unwrap(session: Session, outer: TlObject): { readonly request: TlObject; readonly after: readonly bigint[] } {
    let request = outer
    let wantsUpdates = true
    const after: bigint[] = []
    while (hasQuery(request)) {
      if (request._ === "invokeWithoutUpdates") wantsUpdates = false
      after.push(...idsOfOthers(request))
      if (isConnectionStart(request)) this.#clients.set(session.authKey.id, describeClient(request))
      request = request.query
    }
    if (wantsUpdates) session.receivesUpdates = true
    return { request, after }
  }

  /** keep: gives the request in memory of its own; asked at once when its method is not called at once. */
  #run(call: Call, arrived: TlObject, delivery: Delivery, keep: () => TlObject): TlAnswer | Promise<TlAnswer> {
    const { authKey, method } = call
    let request = arrived
    let isInvoked = false
    if (this.#telegram.permanentKeyId(authKey) === undefined && !WITHOUT_BINDING.test(method)) {
      // Not AUTH_KEY_UNREGISTERED, which makes a client log out.
      throw new RpcError(401, "AUTH_KEY_PERM_EMPTY")
    }
    const invoke = () => {
      isInvoked = true
      // A temporary key must be bound before the client can be told what became of its login.
      if (call.account?.banned === true && request._ !== "auth.bindTempAuthKey") {
        throw new RpcError(401, "USER_DEACTIVATED_BAN")
      }
      const handler = this.#handlers.get(request._)
      if (handler !== undefined) return handler(request, call)
      this.#tally.unknownMethod(request._)
      if (!NEEDS_NO_LOGIN.test(request._)) callerOf(call)
      // Not 500: TDLib would repeat the call for a minute.
      throw new RpcError(400, "METHOD_NOT_IN_SANDBOX")
    }
    const chain = this.#interceptors.reduceRight<() => TlAnswer | Promise<TlAnswer>>(
      (next, interceptor) => () => interceptor(call, arrived, next, delivery),
      invoke,
    )
    const answer = chain()
    if (!isInvoked) request = keep()
    return answer
  }

  #toRpcError(error: unknown, call: Call | undefined): RpcError {
    if (error instanceof RpcError) {
      if (error.cause instanceof ProtocolViolation) this.#tally.violation(error.cause)
      return error
    }
    if (error instanceof ProtocolViolation) {
      this.#tally.violation(error)
      return new RpcError(400, "INPUT_FETCH_ERROR")
    }
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.#tally.defect(`${call?.method ?? "a call"}: ${what}`)
    return new RpcError(400, "SANDBOX_DEFECT")
  }
}
