import { createServer, type Server, type Socket } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import type { AuthKey } from "./auth-key.ts"
import { Connection } from "./connection.ts"
import { openEnvelope } from "./envelope.ts"
import type { ServerIdentity } from "./handshake.ts"
import { DEFAULT_LIMITS, type ServerLimits } from "./limits.ts"
import { type LinkShape, OPEN_LINK } from "./link.ts"
import { MessageIds } from "./message-ids.ts"
import { ProtocolViolation } from "./protocol-violation.ts"
import type { ServerSalts } from "./server-salts.ts"
import { Session } from "./session.ts"
import type { TlObject } from "./tl-types.ts"
import { encode } from "./tl-writer.ts"

export interface ServerOptions {
  readonly identity: ServerIdentity
  readonly salts: ServerSalts
  readonly authKey: (id: bigint) => AuthKey | undefined
  readonly addAuthKey: (authKey: AuthKey) => void
  readonly removeAuthKey: (authKey: AuthKey) => void
  readonly query: (session: Session, messageId: bigint, body: Buffer) => void
  readonly violation: (cause: ProtocolViolation) => void
  /** A message came with a salt that is not valid any more, and was answered with the one that is. */
  readonly saltRefused: () => void
  readonly traffic: (received: number, sent: number) => void
  readonly limits?: Partial<ServerLimits>
  /** How the link of who has this key is now; an ordinary one unless given. */
  readonly link?: (authKey: AuthKey | undefined) => LinkShape
  /** The number of open connections has changed. */
  readonly connections?: (count: number) => void
}

const nowSeconds = (): number => Math.floor(Date.now() / 1000)

/** The MTProto server: TCP on loopback, connections and sessions. What the methods mean is not its concern. */
export class MtprotoServer {
  readonly #options: ServerOptions
  readonly #limits: ServerLimits
  readonly #tcp: Server
  readonly #connections = new Set<Connection>()
  readonly #sessions = new Map<string, Session>()
  readonly #messageIds = new MessageIds()
  #buffered = 0
  #isClosed = false

  constructor(options: ServerOptions) {
    this.#options = options
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.#tcp = createServer((socket) => this.#accept(socket))
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
      // One that has missed updates already will ask for all of them.
      if (!session.receivesUpdates || (!session.isConnected && session.updates.hasMissed)) continue
      const object = message(session.authKey)
      if (object !== undefined) session.push(encode(object))
    }
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /** Sessions that a connection carries, or that may come back. */
  get sessionCount(): number {
    return this.#sessions.size
  }

  /**
   * What a restart of the server's process is to its clients: connections dropped, sessions forgotten, the port closed
   * for so many milliseconds. What the methods know stays.
   */
  async restart(milliseconds: number): Promise<void> {
    const address = this.#tcp.address()
    if (typeof address !== "object" || address === null) return
    await this.#drop()
    this.#sessions.clear()
    await sleep(milliseconds, undefined, { ref: false })
    if (!this.#isClosed) await this.listen(address.port)
  }

  /** Stops listening and drops every connection. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#drop()
  }

  #drop(): Promise<void> {
    return new Promise((resolve) => {
      this.#tcp.close(() => resolve())
      for (const connection of this.#connections) connection.close()
      for (const session of this.#sessions.values()) session.end()
    })
  }

  #accept(socket: Socket): void {
    if (this.#connections.size >= this.#limits.connections) {
      socket.destroy()
      this.#options.violation(new ProtocolViolation("limit", `more than ${this.#limits.connections} connections`))
      return
    }
    const connection = new Connection(socket, {
      ...this.#options,
      silence: this.#limits.silence,
      link: this.#options.link ?? (() => OPEN_LINK),
      messageIds: this.#messageIds,
      encrypted: (carrier, authKey, frame) => this.#receive(carrier, authKey, frame),
      buffered: (change) => this.#countBuffered(change),
    })
    this.#connections.add(connection)
    this.#options.connections?.(this.#connections.size)
    socket.once("close", () => {
      this.#connections.delete(connection)
      this.#options.connections?.(this.#connections.size)
    })
  }

  #countBuffered(change: number): void {
    this.#buffered += change
    if (change > 0 && this.#buffered > this.#limits.bufferedBytes) {
      throw new ProtocolViolation("limit", `unfinished frames of ${this.#buffered} bytes`)
    }
  }

  #receive(connection: Connection, authKey: AuthKey, frame: Buffer): void {
    const envelope = openEnvelope(authKey, frame)
    this.#session(authKey, envelope.sessionId).receive(envelope, connection)
  }

  #session(authKey: AuthKey, id: bigint): Session {
    const key = sessionKey(authKey, id)
    const known = this.#sessions.get(key)
    if (known !== undefined) return known
    const session = new Session(authKey, id, {
      ...this.#options,
      messageIds: this.#messageIds,
      now: nowSeconds,
      forgetAuthKey: this.#options.removeAuthKey,
      destroySession: (owner, other) => this.#destroySession(sessionKey(owner, other)),
    })
    this.#sessions.set(key, session)
    if (this.#sessions.size > this.#limits.sessions) this.#forgetOldestSession()
    return session
  }

  #destroySession(key: string): boolean {
    this.#sessions.get(key)?.end()
    return this.#sessions.delete(key)
  }

  #forgetOldestSession(): void {
    for (const [key, session] of this.#sessions) {
      if (session.isConnected) continue
      this.#destroySession(key)
      return
    }
  }
}

const sessionKey = (authKey: AuthKey, id: bigint): string => `${authKey.id}:${id}`
