import { createCipheriv, createDecipheriv, randomBytes, randomInt } from "node:crypto"
import { ProtocolViolation } from "./protocol-violation.ts"

/** The largest frame a client may send: a container of several 512 KiB upload parts fits, a made-up length does not. */
export const MAX_FRAME_BYTES = 8 * 1024 * 1024

const INTERMEDIATE = 0xeeeeeeee
const PADDED_INTERMEDIATE = 0xdddddddd
/** A client asks for a quick acknowledgement with this bit of the length; answering it is voluntary. */
const QUICK_ACK_BIT = 0x80000000

const SOCKS_VERSION = 5
const SOCKS_CONNECT = 1

type Stage = "opening" | "socks-request" | "obfuscation" | "frames"

export interface TransportEvents {
  /** Bytes for the peer. */
  readonly write: (bytes: Uint8Array) => void
  /** One whole frame from the peer; a view that is valid during the call only. */
  readonly frame: (frame: Buffer) => void
}

/**
 * The byte stream of one TCP connection: an optional SOCKS5 CONNECT without authentication, then the obfuscated2
 * transport with intermediate or padded intermediate framing (core.telegram.org/mtproto/mtproto-transports).
 * Where the CONNECT wants to go does not matter: everything ends here. Throws ProtocolViolation.
 */
export class Transport {
  readonly #events: TransportEvents
  #stage: Stage = "opening"
  #chunks: Buffer[] = []
  #buffered = 0
  #frameLength: number | undefined
  #decipher: ReturnType<typeof createDecipheriv> | undefined
  #cipher: ReturnType<typeof createCipheriv> | undefined
  #isPadded = false

  constructor(events: TransportEvents) {
    this.#events = events
  }

  /** Takes what arrived. */
  receive(data: Buffer): void {
    this.#push(this.#decipher === undefined ? data : this.#decipher.update(data))
    while (this.#step()) {
      // each step consumes something
    }
  }

  /** Sends one frame, given in pieces so that large answers need not be copied together. */
  send(...pieces: readonly Uint8Array[]): void {
    if (this.#cipher === undefined) return
    const padding = this.#isPadded ? randomBytes(randomInt(16)) : Buffer.alloc(0)
    const header = Buffer.alloc(4)
    header.writeUInt32LE(pieces.reduce((sum, piece) => sum + piece.length, padding.length))
    for (const piece of [header, ...pieces, padding]) this.#events.write(this.#cipher.update(piece))
  }

  #push(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#buffered += chunk.length
  }

  /** The first bytes without consuming them. Joins chunks, so ask for small counts only. */
  #peek(length: number): Buffer | undefined {
    if (this.#buffered < length) return undefined
    const first = this.#chunks[0]
    if (first !== undefined && first.length >= length) return first.subarray(0, length)
    this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0]?.subarray(0, length)
  }

  #take(length: number): Buffer | undefined {
    const taken = this.#peek(length)
    const first = this.#chunks[0]
    if (taken === undefined || first === undefined) return undefined
    if (first.length === length) this.#chunks.shift()
    else this.#chunks[0] = first.subarray(length)
    this.#buffered -= length
    return taken
  }

  #step(): boolean {
    switch (this.#stage) {
      case "opening":
        return this.#stepOpening()
      case "socks-request":
        return this.#stepSocksRequest()
      case "obfuscation":
        return this.#stepObfuscation()
      case "frames":
        return this.#stepFrame()
    }
  }

  /** A SOCKS greeting is short and complete; an obfuscated2 header comes as 64 random bytes that seldom look like one. */
  #stepOpening(): boolean {
    const start = this.#peek(3)
    if (start === undefined) return false
    const methods = start[1] ?? 0
    if (start[0] !== SOCKS_VERSION || methods === 0 || methods > 8 || this.#buffered > 2 + methods) {
      this.#stage = "obfuscation"
      return true
    }
    if (this.#take(2 + methods) === undefined) return false
    this.#events.write(Buffer.of(SOCKS_VERSION, 0))
    this.#stage = "socks-request"
    return true
  }

  #stepSocksRequest(): boolean {
    const start = this.#peek(5)
    if (start === undefined) return false
    if (start[0] !== SOCKS_VERSION || start[1] !== SOCKS_CONNECT) {
      throw new ProtocolViolation("a SOCKS5 CONNECT was expected")
    }
    const addressLength = socksAddressLength(start[3] ?? 0, start[4] ?? 0)
    if (this.#take(4 + addressLength + 2) === undefined) return false
    this.#events.write(Buffer.of(SOCKS_VERSION, 0, 0, 1, 127, 0, 0, 1, 0, 80))
    this.#stage = "obfuscation"
    return true
  }

  #stepObfuscation(): boolean {
    const header = this.#take(64)
    if (header === undefined) return false
    const reversed = Buffer.from(header.subarray(8, 56)).reverse()
    const decipher = createDecipheriv("aes-256-ctr", header.subarray(8, 40), header.subarray(40, 56))
    const tag = decipher.update(header).readUInt32LE(56)
    if (tag !== INTERMEDIATE && tag !== PADDED_INTERMEDIATE) {
      throw new ProtocolViolation(`transport tag ${tag.toString(16)} is neither intermediate nor padded intermediate`)
    }
    this.#isPadded = tag === PADDED_INTERMEDIATE
    this.#decipher = decipher
    this.#cipher = createCipheriv("aes-256-ctr", reversed.subarray(0, 32), reversed.subarray(32, 48))
    this.#stage = "frames"
    const early = this.#chunks
    this.#chunks = []
    this.#buffered = 0
    for (const chunk of early) this.#push(decipher.update(chunk))
    return true
  }

  #stepFrame(): boolean {
    if (this.#frameLength === undefined) {
      const header = this.#take(4)
      if (header === undefined) return false
      this.#frameLength = (header.readUInt32LE(0) & ~QUICK_ACK_BIT) >>> 0
      if (this.#frameLength > MAX_FRAME_BYTES) {
        throw new ProtocolViolation(`a frame of ${this.#frameLength} bytes is announced`)
      }
    }
    const frame = this.#take(this.#frameLength)
    if (frame === undefined) return false
    this.#frameLength = undefined
    this.#events.frame(frame)
    return true
  }
}

const socksAddressLength = (type: number, first: number): number => {
  switch (type) {
    case 1:
      return 4
    case 3:
      return 1 + first
    case 4:
      return 16
    default:
      throw new ProtocolViolation(`SOCKS5 address type ${type} is unknown`)
  }
}
