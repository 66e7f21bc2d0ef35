import type { Socket } from "node:net"
import type { AuthKey } from "./auth-key.ts"
import { Handshake, type ServerIdentity } from "./handshake.ts"
import type { MessageIds } from "./message-ids.ts"
import { ProtocolViolation } from "./protocol-violation.ts"
import type { Carrier } from "./session.ts"
import { encode } from "./tl-writer.ts"
import { Transport } from "./transport.ts"

/** A peer that does not read what it asked for is disconnected when this many bytes wait for it. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024

/** The transport error "auth key not found" (core.telegram.org/mtproto/mtproto-transports#transport-errors). */
const AUTH_KEY_NOT_FOUND = -404

export interface ConnectionHost {
  readonly identity: ServerIdentity
  readonly messageIds: MessageIds
  readonly authKey: (id: bigint) => AuthKey | undefined
  readonly addAuthKey: (authKey: AuthKey) => void
  readonly encrypted: (connection: Connection, authKey: AuthKey, frame: Buffer) => void
  readonly violation: (cause: ProtocolViolation) => void
  readonly traffic: (received: number, sent: number) => void
}

/** One TCP connection of a client: transport, handshakes, and encrypted frames passed on. */
export class Connection implements Carrier {
  readonly #socket: Socket
  readonly #host: ConnectionHost
  readonly #handshake: Handshake
  readonly #transport: Transport

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket
    this.#host = host
    this.#handshake = new Handshake(host.identity)
    this.#transport = new Transport({ write: (bytes) => this.#write(bytes), frame: (frame) => this.#frame(frame) })
    socket.setNoDelay(true)
    socket.on("data", (data) => this.#guard(() => this.#receive(data)))
    socket.on("error", () => socket.destroy())
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

  close(): void {
    this.#socket.destroy()
  }

  #write(bytes: Uint8Array): void {
    if (bytes.length === 0 || !this.isOpen) return
    this.#host.traffic(0, bytes.length)
    this.#socket.write(bytes)
  }

  #receive(data: Buffer): void {
    this.#host.traffic(data.length, 0)
    this.#transport.receive(data)
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

  #frame(frame: Buffer): void {
    if (!this.isOpen) return
    if (frame.length < 24) throw new ProtocolViolation(`a frame of ${frame.length} bytes`)
    const authKeyId = frame.readBigUInt64LE(0)
    if (authKeyId === 0n) {
      this.#plain(frame)
      return
    }
    const authKey = this.#host.authKey(authKeyId)
    if (authKey !== undefined) {
      this.#host.encrypted(this, authKey, frame)
      return
    }
    const error = Buffer.alloc(4)
    error.writeInt32LE(AUTH_KEY_NOT_FOUND)
    this.send(error)
  }

  #plain(frame: Buffer): void {
    const length = frame.readUInt32LE(16)
    if (length > frame.length - 20) throw new ProtocolViolation("an unencrypted message is longer than its frame")
    const { message, authKey } = this.#handshake.answer(frame.subarray(20, 20 + length), Math.floor(Date.now() / 1000))
    if (authKey !== undefined) this.#host.addAuthKey(authKey)
    const body = encode(message)
    const header = Buffer.alloc(20)
    header.writeBigInt64LE(this.#host.messageIds.next("answer"), 8)
    header.writeInt32LE(body.length, 16)
    this.send(header, body)
  }
}
