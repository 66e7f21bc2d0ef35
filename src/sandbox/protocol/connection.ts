import type { Socket } from "node:net"
import type { AuthKey } from "./auth-key.ts"
import { Handshake, type ServerIdentity } from "./handshake.ts"
import { MAX_PLAIN_FRAME_BYTES } from "./limits.ts"
import { Link, type LinkShape } from "./link.ts"
import type { MessageIds } from "./message-ids.ts"
import { ProtocolViolation } from "./protocol-violation.ts"
import type { Carrier } from "./session.ts"
import { encode } from "./tl-writer.ts"
import { Transport } from "./transport.ts"

/** A peer that does not read what it asked for is disconnected when this many bytes wait for it. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024

/** The transport error "auth key not found" (core.telegram.org/mtproto/mtproto-transports#transport-errors). */
const AUTH_KEY_NOT_FOUND = -404

const HALTED_LINK: LinkShape = { isHalted: true }

export interface ConnectionHost {
  readonly identity: ServerIdentity
  readonly messageIds: MessageIds
  /** How long it may take until the first frame that makes sense: milliseconds. */
  readonly silence: number
  readonly authKey: (id: bigint) => AuthKey | undefined
  readonly addAuthKey: (authKey: AuthKey) => void
  readonly encrypted: (connection: Connection, authKey: AuthKey, frame: Buffer) => void
  readonly violation: (cause: ProtocolViolation) => void
  readonly traffic: (received: number, sent: number) => void
  /** How the link of who has this key is now; undefined before the first encrypted frame. */
  readonly link: (authKey: AuthKey | undefined) => LinkShape
  /** The unfinished frame of this connection has so many bytes more, or fewer. May throw to refuse it. */
  readonly buffered: (change: number) => void
}

/** One TCP connection of a client: transport, handshakes, and encrypted frames passed on. */
export class Connection implements Carrier {
  readonly #socket: Socket
  readonly #link: Link
  readonly #host: ConnectionHost
  readonly #handshake: Handshake
  readonly #transport: Transport
  #buffered = 0
  readonly #silence: NodeJS.Timeout
  #disconnect: NodeJS.Timeout | undefined
  /** By the monotonic clock. */
  #haltedUntil = 0
  /** The key of the last frame. */
  #authKey: AuthKey | undefined

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket
    this.#host = host
    this.#handshake = new Handshake(host.identity)
    this.#transport = new Transport({
      write: (bytes) => this.#write(bytes),
      frame: (frame) => this.#frame(frame),
      announced: (start, length) => this.#announced(start, length),
    })
    this.#silence = setTimeout(() => {
      this.#guard(() => {
        throw new ProtocolViolation("limit", "a connection says nothing that makes sense for too long")
      })
    }, host.silence).unref()
    socket.setNoDelay(true)
    this.#link = new Link(
      socket,
      () => this.#shape(),
      (data) => this.#guard(() => this.#receive(data)),
    )
    socket.on("error", () => socket.destroy())
    socket.once("close", () => {
      clearTimeout(this.#silence)
      clearTimeout(this.#disconnect)
      host.buffered(-this.#buffered)
      this.#buffered = 0
    })
  }

  get isOpen(): boolean {
    return this.#socket.writable
  }

  send(...pieces: readonly Uint8Array[]): void {
    if (!this.isOpen) return
    this.#socket.cork()
    this.#transport.send(...pieces)
    this.#socket.uncork()
    if (this.#socket.writableLength > MAX_WAITING_BYTES) this.#socket.destroy()
  }

  disconnectAfter(seconds: number): void {
    clearTimeout(this.#disconnect)
    // Beyond 2^31 ms a timer would fire at once.
    const delay = Math.min(Math.max(seconds, 0) * 1000, 2 ** 31 - 1)
    this.#disconnect = setTimeout(() => this.#socket.destroy(), delay).unref()
  }

  close(): void {
    this.#socket.destroy()
  }

  halt(milliseconds: number): void {
    this.#haltedUntil = performance.now() + milliseconds
  }

  #shape(): LinkShape {
    return performance.now() < this.#haltedUntil ? HALTED_LINK : this.#host.link(this.#authKey)
  }

  #write(bytes: Uint8Array): void {
    if (bytes.length === 0 || !this.isOpen) return
    this.#host.traffic(0, bytes.length)
    this.#link.write(bytes)
  }

  #receive(data: Buffer): void {
    if (this.#socket.destroyed) return
    this.#host.traffic(data.length, 0)
    this.#transport.receive(data)
    const change = this.#transport.bufferedBytes - this.#buffered
    this.#buffered += change
    this.#host.buffered(change)
  }

  #guard(receive: () => void): void {
    try {
      receive()
    } catch (error) {
      this.#socket.destroy()
      if (!(error instanceof ProtocolViolation)) throw error
      this.#host.violation(error)
    }
  }

  /** Refuses to wait for a long frame that nobody will be able to read. */
  #announced(start: Buffer, length: number): void {
    if (length <= MAX_PLAIN_FRAME_BYTES) return
    const authKeyId = start.readBigUInt64LE()
    if (authKeyId === 0n) throw new ProtocolViolation("transport", `an unencrypted frame of ${length} bytes`)
    if (this.#host.authKey(authKeyId) !== undefined) return
    this.#refuseKey()
    this.#socket.end()
  }

  #frame(frame: Buffer): void {
    if (!this.isOpen) return
    if (frame.length < 24) throw new ProtocolViolation("transport", `a frame of ${frame.length} bytes`)
    const authKeyId = frame.readBigUInt64LE(0)
    if (authKeyId === 0n) {
      this.#plain(frame)
      return
    }
    const authKey = this.#host.authKey(authKeyId)
    if (authKey === undefined) {
      this.#refuseKey()
      return
    }
    this.#authKey = authKey
    this.#host.encrypted(this, authKey, frame)
    clearTimeout(this.#silence)
  }

  #refuseKey(): void {
    const error = Buffer.alloc(4)
    error.writeInt32LE(AUTH_KEY_NOT_FOUND)
    this.send(error)
  }

  #plain(frame: Buffer): void {
    const length = frame.readUInt32LE(16)
    if (length > frame.length - 20) {
      throw new ProtocolViolation("transport", "an unencrypted message is longer than its frame")
    }
    // The handshake keeps some of it.
    const asked = Buffer.from(frame.subarray(20, 20 + length))
    const { message, authKey } = this.#handshake.answer(asked, Math.floor(Date.now() / 1000))
    if (authKey !== undefined) this.#host.addAuthKey(authKey)
    const body = encode(message)
    const header = Buffer.alloc(20)
    header.writeBigInt64LE(this.#host.messageIds.next("answer"), 8)
    header.writeInt32LE(body.length, 16)
    this.send(header, body)
  }
}
