import { createServer, type Server } from "node:net"
import type { AuthKey } from "./auth-key.ts"
import { Connection } from "./connection.ts"
import { openEnvelope } from "./envelope.ts"
import type { ServerIdentity } from "./handshake.ts"
import { MessageIds } from "./message-ids.ts"
import type { ProtocolViolation } from "./protocol-violation.ts"
import { Session } from "./session.ts"
import type { TlObject } from "./tl-types.ts"
import { encode } from "./tl-writer.ts"

/** Sessions without a connection are forgotten, the oldest first, beyond this number. */
const MAX_SESSIONS = 4096

export interface ServerOptions {
  readonly identity: ServerIdentity
  readonly authKey: (id: bigint) => AuthKey | undefined
  readonly addAuthKey: (authKey: AuthKey) => void
  readonly removeAuthKey: (authKey: AuthKey) => void
  readonly query: (session: Session, messageId: bigint, body: Buffer) => void
  readonly violation: (cause: ProtocolViolation) => void
  readonly traffic: (received: number, sent: number) => void
}

/** The MTProto server: TCP on loopback, connections and sessions. What the methods mean is not its concern. */
export class MtprotoServer {
  readonly #options: ServerOptions
  readonly #tcp: Server
  readonly #connections = new Set<Connection>()
  readonly #sessions = new Map<string, Session>()
  readonly #messageIds = new MessageIds()

  constructor(options: ServerOptions) {
    this.#options = options
    this.#tcp = createServer((socket) => {
      const connection = new Connection(socket, {
        ...options,
        messageIds: this.#messageIds,
        encrypted: (carrier, authKey, frame) => this.#receive(carrier, authKey, frame),
      })
      this.#connections.add(connection)
      socket.once("close", () => this.#connections.delete(connection))
    })
  }

  /** Listens on 127.0.0.1; port 0 picks a free one. Resolves with the port. */
  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#tcp.once("error", reject)
      this.#tcp.listen(port, "127.0.0.1", () => {
        const address = this.#tcp.address()
        resolve(typeof address === "object" && address !== null ? address.port : port)
      })
    })
  }

  /** Sends an object to every connected session that takes updates and that the predicate chooses. */
  push(message: (authKey: AuthKey) => TlObject | undefined): void {
    for (const session of this.#sessions.values()) {
      if (!session.receivesUpdates || !session.isConnected) continue
      const object = message(session.authKey)
      if (object !== undefined) session.push(encode(object))
    }
  }

  /** Stops listening and drops every connection. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#tcp.close(() => resolve())
      for (const connection of this.#connections) connection.close()
    })
  }

  #receive(connection: Connection, authKey: AuthKey, frame: Buffer): void {
    const envelope = openEnvelope(authKey, frame)
    this.#session(authKey, envelope.sessionId).receive(envelope, connection)
  }

  #session(authKey: AuthKey, id: bigint): Session {
    const key = `${authKey.id}:${id}`
    const known = this.#sessions.get(key)
    if (known !== undefined) return known
    const session = new Session(authKey, id, {
      messageIds: this.#messageIds,
      query: this.#options.query,
      forgetAuthKey: this.#options.removeAuthKey,
    })
    this.#sessions.set(key, session)
    if (this.#sessions.size > MAX_SESSIONS) this.#forgetOldestSession()
    return session
  }

  #forgetOldestSession(): void {
    for (const [key, session] of this.#sessions) {
      if (session.isConnected) continue
      this.#sessions.delete(key)
      return
    }
  }
}
